import Base
import Domain
import EventLoop
import HTTPServer

// DESIGN
// A change of an item names sequences. The listeners in these ranges are looked at, so many a turn of the loop that
// purchases keep their latency, and each decides by the item's view whether it has something to show. So a change that
// is seen twice, or late, does no harm: what is shown is what the view shows at that moment.

/// Everybody on one loop who listens for a ticket.
final class TicketAudience {
    private let parts: EndpointParts
    private var listeners = Slab<TicketListener>()
    private var entries: [ItemEntry] = []  // with listeners
    private var dirty: [ItemEntry] = []
    private var found: [Token] = []
    private lazy var renewal = OneTimer(loop: parts.loop) { [unowned self] in renew() }
    var onDue: () -> Void = {}
    /// A listener may have something to show.
    var onLook: (TicketListener) -> Void = { _ in }

    init(_ parts: EndpointParts) { self.parts = parts }

    var count: Int { listeners.count }

    subscript(id: Token) -> TicketListener? { listeners[id] }

    /// From now on the listener is looked at when its ticket may have changed, and once more at the end of this turn.
    func join(_ listener: TicketListener) {
        let id = listeners.insert(listener)
        listener.inserted(as: id)
        let audience = listener.entry.gatherAudience()
        if audience.isEmpty { entries.append(listener.entry) }
        audience.insert(id, for: listener.ticket.sequence)
        soil(listener.entry, audience)
        if count == 1 { renewal.set(parts.now + Limits.audienceRenewed) }
    }

    func leave(_ listener: TicketListener) {
        guard let id = listener.id, listeners.remove(id) != nil else { return }
        listener.done()
        let entry = listener.entry
        guard let audience = entry.audience else { preconditionFailure("a listener without an audience") }
        audience.remove(id, for: listener.ticket.sequence)
        guard audience.isEmpty else { return }
        entry.dismissAudience()
        entries.removeAll { $0 === entry }
        dirty.removeAll { $0 === entry }
    }

    // MARK: Changes

    /// What became known of an item.
    func hear(_ change: ViewChange, of entry: ItemEntry) {
        guard let audience = entry.audience else { return }
        switch change {
        case .notified(let notification): audience.decided(notification)
        case .read: audience.everythingIsDue(endedAt: entry.view.counters.endedAt)
        case .gone:
            audience.gone()
            audience.everythingIsDue(endedAt: 0)
        }
        soil(entry, audience)
    }

    private func soil(_ entry: ItemEntry, _ audience: ItemAudience) {
        guard audience.hasDue, !audience.isDirty else { return }
        audience.dirty(true)
        dirty.append(entry)
        onDue()
    }

    var hasDue: Bool { !dirty.isEmpty }

    /// Looks at some listeners that are due. Returns how many.
    func lookAtDue(atMost limit: Int) -> Int {
        var looked = 0
        while looked < limit, let entry = dirty.first, let audience = entry.audience {
            audience.takeDue(atMost: limit - looked, into: &found)
            if !audience.hasDue {
                audience.dirty(false)
                dirty.removeFirst()
            }
            looked += max(1, found.count)
            for id in found { if let listener = listeners[id] { onLook(listener) } }
            found.removeAll(keepingCapacity: true)
        }
        return looked
    }

    /// Nobody asks for the items of those who only listen: what can't be believed any more is read again for them.
    func renew() {
        for entry in entries { parts.directory.renew(entry) }
        renewal.set(count > 0 ? parts.now + Limits.audienceRenewed : nil)
    }
}

/// What a loop learned of an item.
enum ViewChange {
    case notified(ChangeNotification)
    case read
    /// The store has no such item any more.
    case gone
}
