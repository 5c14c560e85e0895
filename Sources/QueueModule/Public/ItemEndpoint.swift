import Base
import Domain
import HTTPServer
import Store

/// Shows an item: from memory where that is current, else after a read of the store.
final class ItemEndpoint {
    private let parts: EndpointParts
    private let pages: ItemPages

    init(_ parts: EndpointParts, pages: ItemPages) { (self.parts, self.pages) = (parts, pages) }

    func show(_ request: borrowing Request, item range: Range<Int>, exchange: ExchangeID) {
        guard let entry = request.withPath({ parts.directory.entry(named: $0.extracting(range)) }) else {
            return lookUp(request, item: range, exchange: exchange)
        }
        guard mayShow(entry) else { return read(entry, copyOfTags(request), exchange) }
        let tag = pages.describe(entry)
        show(entry, isKnown: request.withHeader(.ifNoneMatch) { ItemPage.matches($0, tag) } ?? false, exchange)
    }

    /// Whether what is remembered may be shown: it is current, or the store has been away for a few seconds only.
    private func mayShow(_ entry: ItemEntry) -> Bool {
        if entry.view.isCurrent && parts.now - entry.view.readAt < Limits.itemAge { return true }
        guard case .away(let since) = parts.storeState else { return false }
        return parts.now - since <= Limits.staleAnswers
    }

    private func lookUp(_ request: borrowing Request, item range: Range<Int>, exchange: ExchangeID) {
        guard let name = request.withPath({ itemName($0, range) }) else {
            return parts.refuse(exchange, .unknownItem)
        }
        let tags = copyOfTags(request)
        parts.directory.lookUp(name) { [unowned self] result in
            switch result {
            case .failure(let failure): parts.refuse(exchange, after: failure)
            case .success(let entry): show(entry, tags, exchange)
            }
        }
    }

    private func read(_ entry: ItemEntry, _ tags: [UInt8]?, _ exchange: ExchangeID) {
        guard parts.store.isReady else { return parts.refuse(exchange, .storeUnavailable) }
        parts.directory.refresh(entry) { [unowned self] failure in
            if let failure { return parts.refuse(exchange, after: failure) }
            show(entry, tags, exchange)
        }
    }

    private func copyOfTags(_ request: borrowing Request) -> [UInt8]? {
        request.withHeader(.ifNoneMatch) { tags in tags.indices.map { tags[$0] } }
    }

    private func show(_ entry: ItemEntry, _ tags: [UInt8]?, _ exchange: ExchangeID) {
        let tag = pages.describe(entry)
        show(entry, isKnown: tags.map { ItemPage.matches($0.span, tag) } ?? false, exchange)
    }

    /// - Parameter isKnown: the client has the page that this tag stands for.
    private func show(_ entry: ItemEntry, isKnown: Bool, _ exchange: ExchangeID) {
        let varies = parts.responder.variesByOrigin(exchange)
        parts.responder.respond(to: exchange) { response in
            response.field("Cache-Control: public, max-age=1")
            if varies { response.field("Vary: Origin") }
            response.field("ETag: ", entry.page.tag)
            if isKnown {
                response.status = 304
                return
            }
            response.contentType("application/json")
            response.body.append(entry.page.body)
        }
    }
}
