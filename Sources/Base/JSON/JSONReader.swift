// DESIGN
// A pull reader: the caller walks the document and reads what it expects, so nothing is built that is not used.
// Strict RFC 8259, because two readers that disagree on a document can be attacked: what is refused here is refused
// before any rule of the engine sees it. Scanning allocates nothing; a string is a range of the input unless it holds
// escapes. Reading past the end yields NUL, which JSON allows nowhere, so the end needs no check of its own.
// Nesting is bounded, which bounds the recursion of `skip` too.

/// Where a string lies in the text, without its quotes. With `hasEscapes` the bytes differ from the string.
public struct JSONText: Sendable, Equatable {
    public let range: Range<Int>
    public let hasEscapes: Bool
}

/// Which known fields of one object were seen; at most 64.
public struct JSONSeenFields: Sendable {
    private var bits: UInt64 = 0

    public init() {}

    /// True the first time for each `index`.
    mutating func insert(_ index: Int) -> Bool {
        precondition(index >= 0 && index < 64)
        defer { bits |= 1 << UInt64(index) }
        return bits & (1 << UInt64(index)) == 0
    }
}

/// Reads one JSON document front to back, refusing whatever RFC 8259 does.
///
/// Every call throws `JSONError`; after a throw the reader is of no further use. O(bytes), nothing allocated.
@safe public struct JSONReader: ~Copyable {
    public static let depthLimit = 16

    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0
    private var depth = 0
    private var isFirst = false
    /// The known field being read: what `matches` found last in this object.
    public private(set) var field: StaticString = ""

    private init(_ bytes: UnsafeBufferPointer<UInt8>) { unsafe self.bytes = unsafe bytes }

    /// Runs `body` over the document in `bytes`, then refuses anything but white space after what it read.
    public static func read<Value>(
        _ bytes: Span<UInt8>, _ body: (inout JSONReader) throws(JSONError) -> Value
    ) throws(JSONError) -> Value {
        try unsafe bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) -> Value in
            var reader = unsafe JSONReader(buffer)
            let value = try body(&reader)
            reader.skipWhitespace()
            guard reader.depth == 0, reader.position == reader.count else { throw reader.failure(.malformed) }
            return value
        }
    }

    var count: Int { unsafe bytes.count }

    /// The byte at `index`, 0 past the end.
    func byte(at index: Int) -> UInt8 { index < count ? unsafe bytes[index] : 0 }

    /// The bytes at `range`, which must lie within the text.
    @unsafe func raw(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[range]))
    }

    /// Whether the bytes of `word` stand at `index`.
    @inline(__always)
    func holds(_ word: StaticString, at index: Int) -> Bool {
        unsafe word.utf8CodeUnitCount <= count - index && bytes.span.holds(word, at: index)
    }

    var current: UInt8 { byte(at: position) }

    // MARK: Errors
    // The rare paths are out of line and `mutating`: passed by value, the reader would be copied to the stack on the
    // hot paths too, which costs a failed store-to-load forwarding at each call.

    /// The error to throw when a value broke a rule of the caller; it names the field being read.
    @inline(never)
    public mutating func failure(_ reason: JSONError.Reason) -> JSONError {
        JSONError(reason, field: field, offset: position)
    }

    /// The error where another kind of value stands here, or none at all.
    @inline(never)
    mutating func mismatch(_ kind: JSONError.Kind) -> JSONError {
        switch current {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""), UInt8(ascii: "-"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
            failure(.expected(kind))
        default: failure(.malformed)
        }
    }

    // MARK: Containers

    public mutating func beginObject() throws(JSONError) { try open(UInt8(ascii: "{"), .object) }

    public mutating func beginArray() throws(JSONError) { try open(UInt8(ascii: "["), .array) }

    /// The next key of the object, nil at its end. The value must be read or skipped before the next call.
    public mutating func nextKey() throws(JSONError) -> JSONText? {
        field = ""
        guard try advance(closing: UInt8(ascii: "}")) else { return nil }
        let key = try scanString()
        skipWhitespace()
        guard current == UInt8(ascii: ":") else { throw failure(.malformed) }
        position += 1
        return key
    }

    /// True when the array holds another element, which must be read or skipped before the next call.
    public mutating func nextElement() throws(JSONError) -> Bool { try advance(closing: UInt8(ascii: "]")) }

    /// Whether `key`, its escapes decoded, is `name`; then errors name it until the next key.
    public mutating func matches(_ key: JSONText, _ name: StaticString) -> Bool {
        guard equals(key, name) else { return false }
        field = name
        return true
    }

    /// As `matches`, and refuses a second key of that name. `index` is the field's place in `seen`, `0..<64`.
    public mutating func matches(
        _ key: JSONText, _ name: StaticString, once index: Int, in seen: inout JSONSeenFields
    ) throws(JSONError) -> Bool {
        guard matches(key, name) else { return false }
        guard seen.insert(index) else { throw failure(.repeated) }
        return true
    }

    /// Reads over one value of any kind, with everything in it.
    public mutating func skip() throws(JSONError) {
        skipWhitespace()
        switch current {
        case UInt8(ascii: "{"):
            try beginObject()
            while try nextKey() != nil { try skip() }
        case UInt8(ascii: "["):
            try beginArray()
            while try nextElement() { try skip() }
        case UInt8(ascii: "\""): _ = try scanString()
        case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = try bool()
        case UInt8(ascii: "n"): guard try null() else { throw failure(.malformed) }
        default: _ = try scanNumber()
        }
    }

    private mutating func open(_ bracket: UInt8, _ kind: JSONError.Kind) throws(JSONError) {
        skipWhitespace()
        guard current == bracket else { throw mismatch(kind) }
        guard depth < Self.depthLimit else { throw failure(.tooDeep) }
        depth += 1
        position += 1
        isFirst = true
    }

    /// Steps to the next member: over the comma, or over the closing bracket (false).
    private mutating func advance(closing bracket: UInt8) throws(JSONError) -> Bool {
        precondition(depth > 0, "no object or array is open")
        skipWhitespace()
        if current == bracket {
            position += 1
            depth -= 1
            isFirst = false
            return false
        }
        if isFirst {
            isFirst = false
            return true
        }
        guard current == UInt8(ascii: ",") else { throw failure(.malformed) }
        position += 1
        skipWhitespace()
        return true
    }

    mutating func skipWhitespace() {
        while current <= 0x20 {
            switch current {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }
}
