import Base
public import Domain
public import EventLoop
import Sodium
import Store

/// What an item is at the moment, as far as its tickets depend on it.
public struct ItemIdentity: Sendable, Equatable {
    public var incarnation: UInt64
    public var salt: [UInt8]  // 16 bytes, key of the users' tags

    public init(incarnation: UInt64, salt: [UInt8]) {
        self.incarnation = incarnation
        self.salt = salt
    }
}

/// Makes the tickets of purchases that this worker has taken: the strings that the queue processes gave the buyers.
///
/// While ticket keys are being changed, a purchase that came before has its ticket signed with the former key by the
/// queue processes and with the current one here: both are valid, and name the same purchase.
/// The store is asked for each item, and what it says is remembered for a moment. An item that was made anew (its store
/// had lost everything) has another incarnation; until the next look its purchases carry the former one, so whoever
/// uses the tickets must bear that, and call `forget` when it shows.
public final class TicketIssuer {
    struct Issued {
        let order: PlacedOrder
        let ticket: String
        let incarnation: UInt64
    }

    /// Asks the store for an item; nil when it has no answer now. Set before the first purchase comes.
    public var read: ((_ item: ItemName, _ completion: @escaping (ItemIdentity?) -> Void) -> Void)?
    /// Called with what has its ticket now; also from inside `add`.
    var onIssued: (([Issued]) -> Void)?
    private let loop: EventLoop
    private let codec: TicketCodec
    private var known: [ItemName: (identity: ItemIdentity, readAt: MonotonicInstant)] = [:]
    private var waiting: [ItemName: [PlacedOrder]] = [:]  // for the answer that is under way
    private var text = ByteBuffer(capacity: TicketCodec.longest)

    public init(loop: EventLoop, authenticator: any TicketAuthenticator) {
        self.loop = loop
        codec = TicketCodec(authenticator: authenticator)
    }

    /// Purchases without a ticket as yet.
    var count: Int { waiting.values.reduce(0) { $0 + $1.count } }

    func add(_ orders: [PlacedOrder]) {
        var rest = orders[...]
        while let item = rest.first?.item {
            let run = rest.prefix { $0.item == item }
            rest = rest.dropFirst(run.count)
            if let (identity, readAt) = known[item], loop.now - readAt < Limits.itemIdentityAge {
                issue(run, identity)
            } else if waiting[item] != nil {
                waiting[item]?.append(contentsOf: run)
            } else {
                waiting[item] = Array(run)
                ask(item)
            }
        }
    }

    /// Gives back all that have no ticket.
    func withdraw() -> [PlacedOrder] {
        defer { for item in waiting.keys { waiting[item] = [] } }
        return Array(waiting.values.joined())
    }

    /// Has the item read afresh for the next purchase of it.
    func forget(_ item: ItemName) { known[item] = nil }

    private func ask(_ item: ItemName) {
        read?(item) { [weak self] identity in
            guard let self else { return }
            guard let identity else {
                loop.schedule(after: Limits.failedItemRests) { [weak self] in self?.ask(item) }
                return
            }
            known[item] = (identity, loop.now)
            issue((waiting.removeValue(forKey: item) ?? [])[...], identity)
        }
    }

    private func issue(_ orders: ArraySlice<PlacedOrder>, _ identity: ItemIdentity) {
        guard !orders.isEmpty else { return }
        onIssued?(
            orders.map { order in
                Issued(order: order, ticket: ticket(of: order, identity), incarnation: identity.incarnation)
            })
    }

    private func ticket(of order: PlacedOrder, _ identity: ItemIdentity) -> String {
        let record = order.record
        let ticket = Ticket(
            keyID: codec.currentKeyID, incarnation: identity.incarnation, sequence: record.sequence,
            quantity: record.quantity, userTag: KeyedHash.hash(record.user.utf8.span, key: identity.salt))
        text.clear()
        codec.append(ticket, item: Array(order.item.description.utf8), to: &text)
        return text.withSpan { String(utf8: $0) }
    }
}
