import Base

/// The fields of a form, as `application/x-www-form-urlencoded` has them.
struct FormFields {
    private var values: [String: [UInt8]] = [:]

    /// Nil where a field is given twice, or an escape is broken: it is not clear then what was meant.
    init?(_ text: Span<UInt8>) {
        var start = 0
        while start < text.count {
            let end = text.firstIndex(of: UInt8(ascii: "&"), from: start) ?? text.count
            if end > start {
                let equals = text.firstIndex(of: UInt8(ascii: "="), in: start..<end)
                guard let name = Self.decoded(text, start..<(equals ?? end)),
                    let value = Self.decoded(text, (equals.map { $0 + 1 } ?? end)..<end),
                    values.updateValue(value, forKey: String(utf8: name.span)) == nil
                else { return nil }
            }
            start = end + 1
        }
    }

    /// The bytes of a field; nil where it is missing.
    subscript(name: String) -> [UInt8]? { values[name] }

    private static func decoded(_ text: Span<UInt8>, _ range: Range<Int>) -> [UInt8]? {
        percentDecoded(range.map { text[$0] == UInt8(ascii: "+") ? UInt8(ascii: " ") : text[$0] })
    }

    static func isForm(_ contentType: Span<UInt8>) -> Bool {
        let type: StaticString = "application/x-www-form-urlencoded"
        guard contentType.startsFolded(with: type) else { return false }
        return contentType.count == type.utf8CodeUnitCount
            || [UInt8(ascii: ";"), UInt8(ascii: " ")].contains(contentType[type.utf8CodeUnitCount])
    }
}
