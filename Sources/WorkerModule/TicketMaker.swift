import Base
public import Domain
public import EventLoop
public import Sodium
public import Store

// DESIGN
// A purchase's ticket is the one name of it that the buyer, the order service and Sluice share, and it is the
// idempotency key of every call for it. So it must be the same text whichever process writes it, at any time. The
// incarnation, the salt and the id of the key that signed it are read from the store, not from the worker's own
// configuration, which has another key during a rotation. A ticket whose key is not there any more is not written at
// all: another text would be another order.

/// Writes the tickets of taken purchases.
public final class TicketMaker {
    /// Reads from the store what tickets are made of; at most `Limits.batch` records of one item.
    public typealias Identify = (
        _ item: ItemIncarnation, _ records: [FlightRecord],
        _ completion: @escaping StoreCompletion<Store.Identification>
    ) -> Void

    private var identify: Identify?
    private let loop: any Loop
    private let ring: TicketKeyRing
    private let codec: TicketCodec
    private let log: any WorkerLog
    private var text = ByteBuffer(capacity: TicketCodec.longest)
    private var unidentified: [Int: [PlacedOrder]] = [:]  // by the number of their call
    private var lastCall = 0
    private var unwritable: [PlacedOrder] = []  // the keys of their tickets are not here

    /// Called with what has its ticket now, and the incarnation of the item that stands in it.
    var onMade: (([(order: PlacedOrder, ticket: String, incarnation: UInt64)]) -> Void)?

    public init(loop: any Loop, ring: TicketKeyRing, log: any WorkerLog) {
        self.loop = loop
        self.ring = ring
        self.log = log
        codec = TicketCodec(authenticator: ring)
    }

    /// Before the first purchase comes.
    public func connect(to identify: @escaping Identify) { self.identify = identify }

    /// Purchases without a ticket as yet.
    var count: Int { unidentified.values.reduce(unwritable.count) { $0 + $1.count } }

    func add(_ orders: [PlacedOrder]) {
        var remaining = orders[...]
        while let first = remaining.first {
            let batch = Array(remaining.prefix(Limits.batch).prefix { $0.identity == first.identity })
            remaining = remaining.dropFirst(batch.count)
            lastCall += 1
            unidentified[lastCall] = batch
            send(lastCall)
        }
    }

    /// Gives back all that have no ticket.
    func withdraw() -> [PlacedOrder] {
        defer {
            unidentified.removeAll()
            unwritable.removeAll()
        }
        return unidentified.sorted { $0.key < $1.key }.flatMap(\.value) + unwritable
    }

    private func send(_ number: Int) {
        guard let batch = unidentified[number], let identify, let item = batch.first?.identity else { return }
        identify(item, batch.map(\.record)) { [weak self] result in
            guard let self, unidentified[number] != nil else { return }
            switch result {
            case .success(let found):
                unidentified[number] = nil
                write(batch, found)
            case .failure(.unknownItem), .failure(.otherIncarnation):
                unidentified[number] = nil  // deleted, and so are its purchases; the worker reports it
            case .failure(let failure):
                if failure != .unreachable { log.failed("identify", item: item.name, failure) }
                loop.schedule(after: .milliseconds(100)) { [weak self] in self?.send(number) }
            }
        }
    }

    private func write(_ batch: [PlacedOrder], _ found: Store.Identification) {
        var made: [(order: PlacedOrder, ticket: String, incarnation: UInt64)] = []
        var missing: [PlacedOrder] = []
        let item = Array(batch[0].item.description.utf8)
        for (order, keyID) in zip(batch, found.keyIDs) {
            guard let keyID, ring.has(keyID) else {
                missing.append(order)
                continue
            }
            let ticket = Ticket(
                keyID: keyID, incarnation: found.incarnation, sequence: order.record.sequence,
                quantity: order.record.quantity, userTag: KeyedHash.hash(order.record.user.utf8.span, key: found.salt))
            text.clear()
            codec.append(ticket, item: item, to: &text)
            made.append((order, text.withSpan { String(utf8: $0) }, found.incarnation))
        }
        if let item = missing.first?.item { log.ticketKeyMissing(item: item, purchases: missing.count) }
        unwritable += missing
        if !made.isEmpty { onMade?(made) }
    }
}
