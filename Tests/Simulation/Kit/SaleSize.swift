public import Base

extension SaleRun {
    public struct Size: Sendable {
        public var items = 10
        public var workers = 2
        public var purchases: Int64 = 200  // an item
        public var stock: ClosedRange<Int64> = 0...400  // units an item
        public var largestQuantity: Int64 = 3
        public var slots = 4  // 0: no sink
        public var execution = TimeSpan.milliseconds(5)
        public var unevenPercent: Int64 = 0  // an order takes up to this much more or less
        public var refusedPerMille: Int64 = 0  // by the order service
        public var failingPerMille: Int64 = 0  // calls without an answer
        public var group: (name: String, cap: Int64?)?  // behind the sinks of all workers
        /// Where it is set the workers place orders there, by the webhook sink; `slots` and what follows count not.
        public var orderService: OrderServiceSetup?
        /// Winners are to pay within so much time; zero: they are sold at once.
        public var payWindow = TimeSpan.zero
        public var payGrace = TimeSpan.zero
        public var paySpread = TimeSpan.zero
        public init() {}
    }
}
