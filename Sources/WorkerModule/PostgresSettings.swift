public import Base
public import OrderTable

extension PostgresSink {
    public struct Settings: Sendable {
        public var table: OrderTableOptions
        public var group: SinkGroup
        public var inDoubtAfter = TimeSpan.seconds(900)  // without an answer

        public init(table: OrderTableOptions, group: SinkGroup) {
            self.table = table
            self.group = group
        }
    }

    public struct Figures: Sendable {
        public var confirmed: UInt64 = 0
        public var refused: UInt64 = 0
        public var batchesAnswered: UInt64 = 0
        public var batchesUnknown: UInt64 = 0
        public var batchesRefused: UInt64 = 0
        public var retried: UInt64 = 0  // purchases
        public init() {}
    }
}
