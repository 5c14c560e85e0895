public import Base
public import Domain
public import Store

/// Where won purchases become orders.
///
/// A sink takes purchases that the store has reserved units for, and reports how each ended; the worker settles them.
/// Belongs to the worker's loop.
public protocol OrderSink: AnyObject {
    /// Called with what ended; set by the worker.
    var onFinished: (([FinishedOrder]) -> Void)? { get set }
    /// Called with each call to the service behind the sink, once it ended; set by the worker. Never called by a sink
    /// without a group.
    var onCalls: (([SinkCall]) -> Void)? { get set }
    /// The service behind the sink; nil where the orders end in this process.
    var group: SinkGroup? { get }
    /// Whether calls may go out.
    var breaker: BreakerState { get }
    /// Takes purchases to place; they are finished later, in any order.
    func place(_ purchases: [PlacedOrder])
    /// Purchases taken and not begun, given back for an orderly stop.
    func withdrawWaiting() -> [PlacedOrder]
    /// Purchases taken and not finished, those not begun included.
    var count: Int { get }
    /// Of these, purchases that wait until they are called for again, and keep no slot busy meanwhile.
    var awaitingRetry: Int { get }
    /// Calls that no grant pays for, and that could go out now: retries, purchases out of doubt, and those whose grant
    /// is too old.
    var retriesWanted: Int { get }
    /// So many of them may go out now; what can't go out soon needs a permit again.
    func permit(retries: Int)
}

extension OrderSink {
    public var awaitingRetry: Int { 0 }
    public var retriesWanted: Int { 0 }
    public func permit(retries: Int) {}
}

/// A purchase in a sink.
public struct PlacedOrder: Sendable, Equatable {
    public var item: ItemName
    /// Which item of that name; nil where it is unknown.
    public var incarnation: UInt64?
    public var record: FlightRecord
    public var takenAt: MonotonicInstant
    /// It was in doubt, and is again where it gets no answer soon.
    public var wasInDoubt = false
    /// When the grant came that it was taken with; nil of what was taken without one.
    public var grantedAt: MonotonicInstant?

    public var identity: ItemIncarnation { ItemIncarnation(item, incarnation) }

    /// Until when its grant pays for a call.
    public var paidUntil: MonotonicInstant? { grantedAt.map { $0 + Limits.grantPays } }
}

/// How a purchase ended in the sink.
public struct FinishedOrder: Sendable {
    public var order: PlacedOrder
    public var outcome: Settlement.Outcome
    public var note = ""  // reference of the order, or reason of the refusal
    public var execution: TimeSpan  // without the wait for a slot

    public init(order: PlacedOrder, outcome: Settlement.Outcome, note: String = "", execution: TimeSpan) {
        self.order = order
        self.outcome = outcome
        self.note = note
        self.execution = execution
    }
}

/// The service behind a sink: workers of one group share its measured capacity.
public struct SinkGroup: Sendable, Equatable {
    public var name: String
    /// Calls a second that it is declared to bear; nil: to be measured.
    public var capPerSecond: Int64?
    /// Calls a second that are let out at any rate, whatever was measured; nil: none are.
    public var floorPerSecond: Int64?

    public init(name: String, capPerSecond: Int64?, floorPerSecond: Int64? = nil) {
        self.name = name
        self.capPerSecond = capPerSecond
        self.floorPerSecond = floorPerSecond
    }
}

/// One call to the service behind a sink; a retry of a purchase is another.
public struct SinkCall: Sendable, Equatable {
    public enum Result: Sendable {
        /// Confirmed or refused: the order service did its work.
        case answered
        /// It can take no more now.
        case busy
        /// Error, damage, no answer in time: what it did is unknown.
        case unknown
    }

    public var duration: TimeSpan  // from sending to the end of the answer
    public var result: Result

    public init(duration: TimeSpan, result: Result) {
        self.duration = duration
        self.result = result
    }
}
