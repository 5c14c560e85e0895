extension Cluster.Node {
    /// Changes how slow the worker's `delay` sink is, while it runs.
    public func setDelay(milliseconds: Int, slots: Int) throws -> HTTPReply {
        try HTTPClient(ops).send(
            HTTPRequest("PUT", "/ops/v1/delay", json: #"{"ms":\#(milliseconds),"slots":\#(slots)}"#))
    }
}
