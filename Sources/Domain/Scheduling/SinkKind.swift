public import Base

/// Where won purchases become orders. All workers of one store have the same: a purchase goes to whichever is free.
public enum SinkKind: String, Sendable, CaseIterable {
    case none, delay, webhook, postgres

    /// Whether somebody outside hears of a purchase before its ticket says sold.
    public var placesOrders: Bool { self == .webhook || self == .postgres }

    /// How long a store stays with this sink after the last word of a worker that has it. Where orders are placed, it
    /// outlasts a restart of all workers: a stray one without orders must not find the store free meanwhile.
    public var hold: TimeSpan { placesOrders ? Limits.ordersHold : Limits.listingHold }
}
