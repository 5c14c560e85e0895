public import Base

// DESIGN
// An event's id is its place in its item's ledger, and needs nothing more: no number has to be given while purchases
// are sold, two feeds give the same event the same id, and a reader goes on behind an id though the process that gave
// it is gone. Written: a version, the incarnation (8 bytes), the entry's id (8 and 4), the place in it (2), then the
// item's name, in base64url. Another form gets another version.

/// Names an event, and the place behind it in the feed of its item or of all items.
public struct EventCursor: Sendable, Hashable {
    public let item: ItemName
    public let incarnation: UInt64
    public let position: LedgerPosition

    private static let version: UInt8 = 1
    private static let fixedLength = 23

    public init(item: ItemName, incarnation: UInt64, position: LedgerPosition) {
        self.item = item
        self.incarnation = incarnation
        self.position = position
    }

    /// Nil where it is none of ours.
    public init?(_ text: String) {
        var bytes = ByteBuffer(capacity: Self.fixedLength + Limits.itemNameLength)
        guard text.utf8.count <= 2 * (Self.fixedLength + Limits.itemNameLength),
            Base64URL.decode(text.utf8.span, into: &bytes)
        else { return nil }
        let parsed = bytes.withSpan { Self.parse($0) }
        guard let parsed, parsed.text == text else { return nil }  // one spelling an event
        self = parsed
    }

    private static func parse(_ bytes: Span<UInt8>) -> EventCursor? {
        guard bytes.count > fixedLength, bytes[0] == version,
            let item = ItemName(bytes.extracting(fixedLength..<bytes.count))
        else { return nil }
        func number(_ range: Range<Int>) -> UInt64 { range.reduce(0) { $0 << 8 | UInt64(bytes[$1]) } }
        let id = LedgerID(time: number(9..<17), number: number(17..<21))
        return EventCursor(
            item: item, incarnation: number(1..<9), position: LedgerPosition(id: id, place: Int64(number(21..<23))))
    }

    public func append(to buffer: inout ByteBuffer) {
        var bytes = ByteBuffer(capacity: Self.fixedLength + Limits.itemNameLength)
        bytes.append(Self.version)
        bytes.append(bigEndian: incarnation)
        bytes.append(bigEndian: position.id.time)
        bytes.append(bigEndian: UInt32(clamping: position.id.number))
        bytes.append(bigEndian: UInt16(clamping: position.place))
        bytes.append(utf8: item.description)
        bytes.withSpan { Base64URL.append($0, to: &buffer) }
    }

    /// 32 to 116 letters, digits, `-` and `_`.
    public var text: String {
        var buffer = ByteBuffer(capacity: 128)
        append(to: &buffer)
        return buffer.withSpan { String(utf8: $0) }
    }
}
