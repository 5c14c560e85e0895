import Base
import Domain
import HTTPServer

// DESIGN (ADR 0036)
// The page is static: the same bytes for everybody, so a cache before this server answers nearly all who wait for an
// opening. Without JavaScript a browser sends forms; they take the way of the API's requests, and the answer of the API
// is rewritten into a page (`PlainPage`), so nothing can be decided in two ways.

/// Serves the buyer's page, and the forms of browsers without JavaScript.
final class PageEndpoint {
    private let parts: EndpointParts
    private let files: PageFiles?
    private let purchases: PurchaseEndpoint
    private let tickets: TicketEndpoint

    /// - Parameter files: nil: there is no page.
    init(_ parts: EndpointParts, files: PageFiles?, purchases: PurchaseEndpoint, tickets: TicketEndpoint) {
        (self.parts, self.files, self.purchases, self.tickets) = (parts, files, purchases, tickets)
    }

    func handle(_ request: borrowing Request, _ route: PageRoute, _ exchange: ExchangeID) {
        guard let files else { return parts.refuse(exchange, .unknownRoute) }
        let isRead = request.method == .get || request.method == .head
        switch route {
        case .item(let item) where request.method == .post:
            buy(request, item: item, PlainPage(request, files), exchange)
        case .ticket(let ticket, let item) where request.method == .post:
            leave(request, ticket: ticket, item: item, PlainPage(request, files), exchange)
        case .item, .ticket:
            guard isRead else { return parts.refuse(exchange, .methodNotAllowed("GET, HEAD, POST")) }
        case .start, .chosen, .file:
            guard isRead else { return parts.refuse(exchange, .methodNotAllowed("GET, HEAD")) }
        }
        guard isRead else { return }
        switch route {
        case .start: send(files.start, for: request, exchange)
        case .chosen: lead(request, exchange)
        case .item(let item):
            let isName = request.withPath { itemName($0, item) != nil }
            send(isName ? files.item : nil, for: request, exchange)
        case .file(let range):
            send(request.withPath { files[$0.extracting(range)] }, for: request, exchange)
        case .ticket(let ticket, let item):
            guard let page = page(request, item, PlainPage(request, files)) else {
                return parts.refuse(exchange, .unknownRoute)
            }
            parts.responder.rewrite(exchange) { page.show(in: &$0) }
            tickets.poll(request, ticket: ticket, exchange: exchange)
        }
    }

    // MARK: Files

    private func send(_ file: PageFile?, for request: borrowing Request, _ exchange: ExchangeID) {
        guard let file else { return parts.refuse(exchange, .unknownRoute) }
        let isKnown = request.withHeader(.ifNoneMatch) { ItemPage.matches($0, file.tag) } ?? false
        // A page names its files with their versions; another version's name may come from an older or newer process.
        let isVersioned = request.withQuery { String(utf8: $0) == "v=\(file.version)" }
        parts.responder.respond(to: exchange) { response in
            response.field("ETag: ", file.tag)
            if isVersioned {
                response.field("Cache-Control: public, max-age=31536000, immutable")
            } else {
                response.field("Cache-Control: public, max-age=60")
            }
            Self.protect(&response)
            if isKnown {
                response.status = 304
                return
            }
            response.contentType(file.type)
            response.body.append(file.bytes)
        }
    }

    /// What keeps a page from loading, sending or showing anything that is not its own.
    static func protect(_ response: inout Response) {
        response.field(
            """
            Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
            img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'
            """)
        response.field("X-Content-Type-Options: nosniff")
        response.field("Referrer-Policy: same-origin")
    }

    /// To the page of the item that the first page's form names.
    private func lead(_ request: borrowing Request, _ exchange: ExchangeID) {
        let item = request.withQuery { FormFields($0)?["item"] }.flatMap { ItemName($0.span) }
        parts.responder.respond(to: exchange) { response in
            response.status = 303
            response.field("Location: ", item.map { "/buy/\($0)" } ?? "/")
        }
    }

    // MARK: Forms

    private func buy(
        _ request: borrowing Request, item range: Range<Int>, _ page: PlainPage, _ exchange: ExchangeID
    ) {
        guard var page = self.page(request, range, page) else { return parts.refuse(exchange, .unknownRoute) }
        let fields = request.withBody { FormFields($0) }
        let user = fields?["user"] ?? []
        page.keep(user: String(utf8: user.span))
        parts.responder.rewrite(exchange) { [page] in page.lead(in: &$0) }
        guard isSentHere(request) else { return parts.refuse(exchange, .otherOrigin) }
        guard request.withHeader(.contentType, { FormFields.isForm($0) }) == true else {
            return parts.refuse(exchange, .invalidRequest("The body must be application/x-www-form-urlencoded"))
        }
        guard fields != nil, PurchaseRequest.isValidUser(user.span) else {
            return parts.refuse(exchange, .invalidRequest("user must be 1 to 128 printable ASCII characters"))
        }
        purchases.buy(request, item: range, PurchaseRequest(), user: user.span, exchange: exchange)
    }

    private func leave(
        _ request: borrowing Request, ticket: Range<Int>, item: Range<Int>, _ page: PlainPage, _ exchange: ExchangeID
    ) {
        guard var page = self.page(request, item, page) else { return parts.refuse(exchange, .unknownRoute) }
        page.keep(ticket: request.withPath { String(utf8: $0.extracting(ticket)) })
        parts.responder.rewrite(exchange) { [page] in page.lead(in: &$0) }
        guard isSentHere(request) else { return parts.refuse(exchange, .otherOrigin) }
        tickets.cancel(request, ticket: ticket, exchange: exchange)
    }

    /// The page of an item; nil where the path names none.
    private func page(_ request: borrowing Request, _ item: Range<Int>, _ page: PlainPage) -> PlainPage? {
        guard let name = request.withPath({ itemName($0, item) }) else { return nil }
        var page = page
        page.keep(item: name.description)
        return page
    }

    /// Whether a form comes from a page of ours, as far as the browser says: a form of another site must not buy.
    private func isSentHere(_ request: borrowing Request) -> Bool {
        if let site = request.header(.fetchSite) { return site == "same-origin" || site == "none" }
        guard let origin = request.header(.origin)?.lowercased() else { return true }
        guard let host = request.header(.host)?.lowercased() else { return false }
        return origin == "https://\(host)" || origin == "http://\(host)"
    }
}
