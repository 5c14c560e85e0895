/// What a script changed of an item, as the store publishes it.
public struct ChangeNotification: Sendable, Equatable {
    /// Sequences in a row with the same result.
    public struct Run: Sendable, Equatable {
        public var first: Int64
        public var count: Int64
        public var byte: UInt8

        public init(first: Int64, count: Int64, byte: UInt8) {
            self.first = first
            self.count = count
            self.byte = byte
        }
    }

    public var item: ItemName
    public var incarnation: UInt64
    public var changesSettings: Bool
    public var counters: ItemCounters
    public var runs: [Run]

    public init(item: ItemName, incarnation: UInt64, changesSettings: Bool, counters: ItemCounters, runs: [Run]) {
        self.item = item
        self.incarnation = incarnation
        self.changesSettings = changesSettings
        self.counters = counters
        self.runs = runs
    }
}
