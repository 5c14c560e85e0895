public import Base

/// Where won purchases become orders. All workers of one store have the same kind, since a purchase goes to any of
/// them.
public enum SinkKind: String, Sendable, CaseIterable {
    case none, delay, webhook, postgres

    /// Whether an order is placed with a service outside before the ticket shows "sold".
    public var placesOrders: Bool { self == .webhook || self == .postgres }

    /// How long the store keeps to this sink after the last renewal of a worker that has it. Where orders are placed,
    /// that is longer than a restart of all workers: one without orders must not be let in meanwhile.
    public var hold: TimeSpan { placesOrders ? Limits.ordersHold : Limits.listingHold }
}
