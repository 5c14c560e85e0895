import Base
import Domain
import EventLoop
import Store

/// The purchases that this worker holds: what was taken goes into the sink, and what ended there back to the store.
final class PurchaseKeeper {
    private let loop: any Loop
    private let store: any FlightStore
    private let sink: (any OrderSink)?
    private let items: KnownItems
    private let settler: Settler
    private let doubts: DoubtReviver
    private let log: any WorkerLog
    private var held = HeldPurchases()
    private(set) var recalled: UInt64 = 0
    private(set) var inDoubt: UInt64 = 0
    private(set) var execution = Histogram()  // microseconds in the sink

    /// There is room for more.
    var onRoom: () -> Void = {}
    /// An order ended, after so long in its slot.
    var onOrder: (TimeSpan) -> Void = { _ in }

    init(
        loop: any Loop, store: any FlightStore, sink: (any OrderSink)?, items: KnownItems, settler: Settler,
        doubts: DoubtReviver, log: any WorkerLog
    ) {
        self.loop = loop
        self.store = store
        self.sink = sink
        self.items = items
        self.settler = settler
        self.doubts = doubts
        self.log = log
    }

    var inFlight: Int { (sink?.count ?? 0) + settler.count }
    /// In flight, without what awaits a retry, up to a bound: else a few purchases that a service does not answer for
    /// would fill the window, and all purchases behind them would wait out their pauses.
    var occupied: Int { inFlight - min(sink?.awaitingRetry ?? 0, Limits.awaitingRetry) }
    /// The same without what only has to be settled, up to a batch: what served those is free for the next ones.
    var engaged: Int { occupied - min(settler.count, Limits.batch) }

    /// - Parameter grantedAt: when the grant came that they were taken with.
    func place(
        _ records: [FlightRecord], of item: ItemIncarnation, wereInDoubt: Bool = false,
        grantedAt: MonotonicInstant? = nil
    ) {
        held.hold(records, of: item, wereInDoubt: wereInDoubt)
        let now = loop.now
        sink?.place(
            records.map {
                PlacedOrder(
                    item: item.name, incarnation: item.number, record: $0, takenAt: now, wasInDoubt: wereInDoubt,
                    grantedAt: grantedAt)
            })
    }

    /// Takes in hand what the store has as this worker's, and is not here.
    func adopt(_ records: [FlightRecord], of item: ItemIncarnation) {
        let lost = held.missing(records, of: item)
        recalled += UInt64(lost.count)
        place(lost, of: item)
    }

    /// The sink is done with it; it is settled at the end of this turn.
    func finish(_ finished: FinishedOrder) {
        execution.record(finished.execution.wholeMicroseconds)
        onOrder(finished.execution)
        let (item, record) = (finished.order.identity, finished.order.record)
        let isDoubt = finished.outcome == .inDoubt
        if isDoubt {
            inDoubt += 1
            log.inDoubt(item: item.name, purchases: 1)
        }
        if finished.order.wasInDoubt { doubts.ended(inDoubt: isDoubt) }
        settler.add(
            Settlement(
                sequence: record.sequence, attempt: record.attempt, outcome: finished.outcome, note: finished.note),
            of: item)
    }

    /// The store has answered these, whatever the answer.
    func settled(_ settlements: [Settlement], of item: ItemIncarnation) {
        for ended in settlements { held.release(item, sequence: ended.sequence, attempt: ended.attempt) }
        // Beyond a batch there is room for more only now.
        if settler.count + settlements.count > Limits.batch { onRoom() }
    }

    /// Releases what the sink has not begun, before an orderly stop.
    func withdraw() {
        for order in sink?.withdrawWaiting() ?? [] {
            held.release(order.identity, sequence: order.record.sequence, attempt: order.record.attempt)
        }
    }

    /// What the tickets of purchases in flight are made of.
    func identify(
        _ records: [FlightRecord], of item: ItemIncarnation,
        completion: @escaping StoreCompletion<Store.Identification>
    ) {
        guard store.isReady else { return completion(.failure(.unreachable)) }
        store.identify(records, of: items.reference(item.name, incarnation: item.number)) { [unowned self] result in
            switch result {
            case .failure(.unknownItem), .failure(.otherIncarnation):
                for record in records {
                    let wasInDoubt = held.release(item, sequence: record.sequence, attempt: record.attempt)
                    if wasInDoubt == true { doubts.ended(inDoubt: true) }
                }
                onRoom()
                log.itemDeleted(item.name, purchases: records.count, confirmed: 0)
            case .success, .failure: break
            }
            completion(result)
        }
    }
}
