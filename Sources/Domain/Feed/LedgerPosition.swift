/// The id of an entry in an item's ledger, as the store numbers it: a time, ms since 1970, and a count within it.
public struct LedgerID: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var time: UInt64
    public var number: UInt64

    /// Before every entry.
    public static let zero = LedgerID(time: 0, number: 0)

    public init(time: UInt64, number: UInt64) {
        self.time = time
        self.number = number
    }

    /// Nil where it is not written as the store writes one.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let time = UInt64(parts[0]), let number = UInt64(parts[1]) else { return nil }
        self.init(time: time, number: number)
    }

    public var description: String { "\(time)-\(number)" }

    public static func < (left: LedgerID, right: LedgerID) -> Bool {
        (left.time, left.number) < (right.time, right.number)
    }
}

/// A place in an item's ledger, behind which events are read.
public struct LedgerPosition: Sendable, Hashable {
    /// Every event of the entry is behind us.
    public static let end: Int64 = 65_535

    public var id: LedgerID
    /// Of an event in the entry: purchases that moved before it, or with it; `end`: after all of them.
    public var place: Int64

    public init(id: LedgerID, place: Int64) {
        self.id = id
        self.place = place
    }

    /// Before everything.
    public static let beginning = LedgerPosition(id: .zero, place: end)
    /// It is that of one event, whose entry must be there.
    public var namesEvent: Bool { place < Self.end }
}
