import Base
public import Domain
public import EventLoop
public import Sodium
public import Store

// DESIGN
// A purchase's ticket is the one name of it that the buyer, the order service and we share, and it is the idempotency
// key of every call for it. So it must be the very same text whichever process writes it, at any time: the store is
// asked for the incarnation, the salt and the key that signed it, which a worker's own configuration may not be asked
// for (during a rotation it signs new tickets with another key). A ticket whose key is not there any more is not
// written at all: another text would be another order.

/// Writes the tickets of taken purchases.
public final class TicketMaker {
    /// Asks the store; at most `Limits.batch` records of one item.
    public typealias Ask = (
        _ item: ItemIncarnation, _ records: [FlightRecord],
        _ completion: @escaping StoreCompletion<Store.Identification>
    ) -> Void

    /// Set before the first purchase comes.
    public var ask: Ask?
    private let loop: any Loop
    private let ring: TicketKeyRing
    private let codec: TicketCodec
    private let log: any WorkerLog
    private var text = ByteBuffer(capacity: TicketCodec.longest)
    private var asked: [Int: [PlacedOrder]] = [:]  // under way, or to be asked again
    private var next = 0
    private var nameless: [PlacedOrder] = []  // their tickets can't be written here

    /// Called with what has its ticket now, and the incarnation of the item that stands in it.
    var onMade: (([(order: PlacedOrder, ticket: String, incarnation: UInt64)]) -> Void)?

    public init(loop: any Loop, ring: TicketKeyRing, log: any WorkerLog) {
        self.loop = loop
        self.ring = ring
        self.log = log
        codec = TicketCodec(authenticator: ring)
    }

    /// Purchases without a ticket as yet.
    var count: Int { asked.values.reduce(nameless.count) { $0 + $1.count } }

    func add(_ orders: [PlacedOrder]) {
        var rest = orders[...]
        while let first = rest.first {
            let batch = Array(rest.prefix(Limits.batch).prefix { $0.identity == first.identity })
            rest = rest.dropFirst(batch.count)
            next += 1
            asked[next] = batch
            send(next)
        }
    }

    /// Gives back all that have no ticket.
    func withdraw() -> [PlacedOrder] {
        defer {
            asked.removeAll()
            nameless.removeAll()
        }
        return asked.sorted { $0.key < $1.key }.flatMap(\.value) + nameless
    }

    private func send(_ number: Int) {
        guard let batch = asked[number], let ask, let item = batch.first?.identity else { return }
        ask(item, batch.map(\.record)) { [weak self] result in
            guard let self, asked[number] != nil else { return }
            switch result {
            case .success(let found):
                asked[number] = nil
                write(batch, found)
            case .failure(.unknownItem), .failure(.otherIncarnation):
                asked[number] = nil  // deleted, and so are its purchases; the worker says so
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
        if let item = missing.first?.item { log.nameless(item: item, purchases: missing.count) }
        nameless += missing
        if !made.isEmpty { onMade?(made) }
    }
}
