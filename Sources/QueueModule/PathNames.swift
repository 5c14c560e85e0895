import Base
import Domain

// DESIGN
// A client may write a letter of a path as `%6f`, and the same resource is meant (RFC 3986, 2.3 and 6.2.2.2). Names and
// tickets consist of such letters alone, so decoding can't turn one path into another. Only a name that is not valid as
// it stands is decoded, so other requests cost nothing more.

/// The name of an item as a path has it.
func itemName(_ path: Span<UInt8>, _ range: Range<Int>) -> ItemName? {
    ItemName(path.extracting(range)) ?? unescaped(path, range).flatMap { ItemName($0.span) }
}

func itemName(_ text: String) -> ItemName? {
    let bytes = Array(text.utf8)
    return itemName(bytes.span, 0..<bytes.count)
}

/// The bytes with the escapes of unreserved characters replaced by what they stand for; nil where there are none.
func unescaped(_ path: Span<UInt8>, _ range: Range<Int>) -> [UInt8]? {
    var result: [UInt8] = []
    var hasEscapes = false
    var index = range.lowerBound
    while index < range.upperBound {
        let byte = path[index]
        if byte == UInt8(ascii: "%"), index + 2 < range.upperBound, let high = UInt8(hexDigit: path[index + 1]),
            let low = UInt8(hexDigit: path[index + 2]), isUnreserved(high << 4 | low)
        {
            result.append(high << 4 | low)
            hasEscapes = true
            index += 3
        } else {
            result.append(byte)
            index += 1
        }
    }
    return hasEscapes ? result : nil
}

private func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        true
    default: false
    }
}
