/// Why a JSON text was refused, and which field was being read.
///
/// The caller answers 400 with `description`, which repeats nothing of the text itself but the name of a field that a
/// strict reader doesn't know.
public struct JSONError: Error, Sendable, CustomStringConvertible {
    public enum Kind: String, Sendable {
        case object = "an object"
        case array = "an array"
        case string = "a string"
        case integer = "an integer without fraction or exponent"
        case boolean = "true or false"
    }

    public enum Reason: Sendable, Equatable {
        /// Breaks RFC 8259: grammar, UTF-8, a lone surrogate, bytes after the end.
        case malformed
        case tooDeep
        case repeated
        case missing
        /// A field that a strict reader doesn't know, and the known one that is spelt most alike.
        case unknown(String, nearest: String?)
        case expected(Kind)
        case outOfRange(ClosedRange<Int64>)
        /// The caller's own rule; the text finishes the sentence "must be …".
        case mustBe(String)
    }

    public let reason: Reason
    /// The known field being read, or "" when none is.
    public let field: StaticString
    /// Bytes read before the reader gave up.
    public let offset: Int

    public init(_ reason: Reason, field: StaticString = "", offset: Int = 0) {
        self.reason = reason
        self.field = field
        self.offset = offset
    }

    public var description: String {
        let subject = field.utf8CodeUnitCount == 0 ? "the document" : "\(field)"
        switch reason {
        case .malformed: return "not valid JSON at byte \(offset)"
        case .tooDeep: return "JSON nested more than \(JSONReader.depthLimit) levels deep"
        case .repeated: return "\(subject) is given twice"
        case .missing: return "\(subject) is missing"
        case .unknown(let name, let nearest):
            let known = nearest.map { "the nearest known one is \"\($0)\"" } ?? "none is taken here"
            return "unknown field \"\(name.prefix(64))\": \(known)"
        case .expected(let kind): return "\(subject) must be \(kind.rawValue)"
        case .outOfRange(let range):
            return "\(subject) must be an integer from \(range.lowerBound) to \(range.upperBound)"
        case .mustBe(let rule): return "\(subject) must be \(rule)"
        }
    }
}
