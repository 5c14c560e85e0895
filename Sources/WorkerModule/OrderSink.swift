public import Base
public import Domain
public import Store

/// Where won purchases become orders.
///
/// A sink takes purchases that the store has reserved units for, and says of each how it ended; the worker settles
/// them. Belongs to the worker's loop.
public protocol OrderSink: AnyObject {
    /// Called with what ended; set by the worker.
    var onFinished: (([FinishedOrder]) -> Void)? { get set }
    /// Takes purchases to place; they are finished later, in any order.
    func place(_ purchases: [PlacedOrder])
    /// Purchases taken and not begun, given back for an orderly stop.
    func withdrawWaiting() -> [PlacedOrder]
    /// Purchases taken and not finished, those not begun included.
    var count: Int { get }
}

/// A purchase on its way through a sink.
public struct PlacedOrder: Sendable, Equatable {
    public var item: ItemName
    public var record: FlightRecord
    public var takenAt: MonotonicInstant
}

/// How a purchase ended in the sink.
public struct FinishedOrder: Sendable {
    public var order: PlacedOrder
    public var outcome: Settlement.Outcome
    public var execution: TimeSpan  // without the wait for a slot
}
