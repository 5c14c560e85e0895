/// What an order sink reports to the operator. The composition decides where it goes.
public protocol SinkLog: AnyObject {
    /// No order can be placed; also called when the reason changes.
    func sinkDown(reason: String)
    func sinkUp()
    /// The service behind the sink undid a batch; it is sent again.
    func batchFailed(purchases: Int, reason: String)
    /// The answer had none for these; they are sent again. Those that never get one have the sequence of another order:
    /// an operator has to find out.
    func ordersUnanswered(purchases: Int)
}
