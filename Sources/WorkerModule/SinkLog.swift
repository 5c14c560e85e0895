/// What an order sink tells the operator. The composition decides where it goes.
public protocol SinkLog: AnyObject {
    /// No order can be placed; also called when the reason changes.
    func sinkDown(reason: String)
    func sinkUp()
    /// What stands behind the sink undid a batch; it is tried again.
    func batchFailed(purchases: Int, reason: String)
    /// The answer did not speak of these; they are tried again. Those that never get one stand in the place of another
    /// order: an operator has to look.
    func ordersUnanswered(purchases: Int)
}
