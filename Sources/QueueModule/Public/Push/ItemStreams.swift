import Base
import Domain
import EventLoop
import HTTPServer
import Store

/// Shows the streams of items how these stand: rendered once a change for all readers, at most four times a second.
final class ItemStreams {
    private let parts: EndpointParts
    private let requests: OpenRequests
    private let streams: TicketStreams
    private let pages: ItemPages
    private var items: [ItemReaders] = []
    private lazy var timer = OneTimer(loop: parts.loop) { [unowned self] in lookAtItems() }
    private(set) var events: UInt64 = 0
    var onDue: () -> Void = {}

    init(_ parts: EndpointParts, _ requests: OpenRequests, streams: TicketStreams, pages: ItemPages) {
        (self.parts, self.requests, self.streams, self.pages) = (parts, requests, streams, pages)
    }

    /// Opens a stream of an item that is current.
    ///
    /// - Parameter seen: the id of the last event that its client had; empty where it is new.
    func open(_ exchange: ExchangeID, of entry: ItemEntry, seen: [UInt8]) {
        let readers = self.readers(of: entry)
        guard let request = requests.open(exchange, .item(readers)) else {
            forgetUnread()
            return parts.refuse(exchange, streams.whyNot)
        }
        readers.add(request)
        refresh(readers)
        streams.begin(request) { text in
            guard seen != readers.id else { return }
            events += 1
            text.append(readers.event)
        }
        if !items.isEmpty { timer.set(parts.now + Limits.itemEventPeriod) }
    }

    private func readers(of entry: ItemEntry) -> ItemReaders {
        if let readers = items.first(where: { $0.entry === entry }) { return readers }
        let readers = ItemReaders(entry)
        items.append(readers)
        return readers
    }

    /// A stream has ended.
    func left(_ readers: ItemReaders) {
        readers.left()
        forgetUnread()
    }

    private func forgetUnread() { items.removeAll(where: \.isEmpty) }

    /// Brings what is shown of an item up to now; false where it is as it was shown last.
    @discardableResult
    private func refresh(_ readers: ItemReaders) -> Bool {
        let tag = pages.describe(readers.entry)
        let id = tag.filter { $0 != UInt8(ascii: "\"") }
        guard id != readers.id else { return false }
        var text = ByteBuffer(capacity: 1024)
        EventText.begin("item", in: &text)
        text.append(id)
        EventText.data(in: &text)
        text.append(readers.entry.page.body)
        EventText.end(in: &text)
        readers.rendered(text.withSpan { bytes in bytes.indices.map { bytes[$0] } }, as: id)
        return true
    }

    private func lookAtItems() {
        for readers in items {
            let entry = readers.entry
            if readers.isGone || refresh(readers) { readers.everybodyIsDue() }
            // Admissions are not announced one by one: only a read shows how many wait.
            if parts.store.isReady, parts.now - entry.view.readAt >= Limits.itemEventAge || !entry.view.isCurrent {
                parts.directory.refresh(entry) { _ in }  // unheard: the next look reads again
            }
        }
        timer.set(items.isEmpty ? nil : parts.now + Limits.itemEventPeriod)
        if hasDue { onDue() }
    }

    /// The store has no such item any more.
    func gone(_ entry: ItemEntry) {
        for readers in items where readers.entry === entry { readers.gone() }
    }

    var hasDue: Bool { items.contains { $0.hasDue } }

    /// Shows some readers what has changed. Returns how many.
    func showDue(atMost limit: Int) -> Int {
        var shown = 0
        for readers in items {
            while shown < limit, let request = readers.nextDue() {
                shown += 1
                if readers.isGone {
                    streams.send(request, isLast: true) { EventText.problem(.unknownItem, in: &$0) }
                } else {
                    events += 1
                    streams.send(request) { $0.append(readers.event) }
                }
            }
        }
        return shown
    }
}
