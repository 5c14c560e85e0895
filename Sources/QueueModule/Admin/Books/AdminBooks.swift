import Base
import Domain
import HTTPServer
import Store

/// Shows operators who bought what: the books of an item, and what one user bought of all items.
final class AdminBooks {
    private let parts: EndpointParts

    init(_ parts: EndpointParts) { self.parts = parts }

    func show(_ name: ItemName, _ request: borrowing Request, _ exchange: ExchangeID) {
        let wanted: BookRequest
        do throws(BookRequest.Invalid) {
            wanted = try BookRequest(query: request.withQuery { String(utf8: $0) }, accept: request.header(.accept))
        } catch {
            return parts.refuse(exchange, .invalidRequest(error.reason))
        }
        parts.directory.read(name) { [unowned self] result in
            switch result {
            case .failure(let failure): parts.refuse(exchange, after: failure)
            case .success(let snapshot):
                let reader = BookReader(parts, of: name, snapshot, wanted.query, after: wanted.after)
                if wanted.format == .json {
                    showPage(reader, [], limit: wanted.limit ?? Limits.booksPage, exchange)
                } else {
                    BookStream(parts, reader, exchange, wanted.format, limit: wanted.limit).start()
                }
            }
        }
    }

    /// Reads on until the page has `limit` rows, or the books end.
    private func showPage(_ reader: BookReader, _ rows: [BookRow], limit: Int, _ exchange: ExchangeID) {
        reader.next(limit - rows.count) { [unowned self] result in
            guard case .success(let entries) = result else {
                if case .failure(let failure) = result { parts.refuse(exchange, after: failure) }
                return
            }
            let all = rows + entries.map { reader.row($0) }
            guard all.count >= limit || reader.isAtEnd else {
                return showPage(reader, all, limit: limit, exchange)
            }
            parts.responder.respondJSON(to: exchange) { json in
                json.beginObject()
                json.field("item", reader.item.description)
                json.key("purchases")
                json.beginArray()
                for row in all { row.write(to: &json) }
                json.endArray()
                json.field("next", reader.isAtEnd ? nil : "\(reader.examined)")
                json.endObject()
            }
        }
    }

    // MARK: One user

    /// One page of what a user bought: of the items in one slice of their list.
    func showUser(_ text: String, _ request: borrowing Request, _ exchange: ExchangeID) {
        guard let user = percentDecoded(text[...]), isUser(user) else {
            return parts.refuse(
                exchange,
                .invalidRequest("a user is 1 to \(Limits.userLength) printable ASCII characters without spaces"))
        }
        var cursor = "0"
        for part in request.withQuery({ String(utf8: $0) }).split(separator: "&") {
            let value = part.dropFirst(6)
            guard part.hasPrefix("after="), !value.isEmpty, value.utf8.count <= 20,
                value.utf8.allSatisfy({ (0x30...0x39).contains($0) })
            else { return parts.refuse(exchange, .invalidRequest("known is after, with next of the page before")) }
            cursor = String(value)
        }
        parts.store.someItemNames(from: cursor) { [unowned self] result in
            switch result {
            case .failure(let failure): parts.refuse(exchange, after: failure)
            case .success(let (names, next)):
                collect(user, Set(names).sorted { $0.description < $1.description }, next: next, exchange)
            }
        }
    }

    private func collect(_ user: String, _ names: [ItemName], next: String, _ exchange: ExchangeID) {
        var query = BookQuery()
        query.user = user
        var found = [[BookEntry]](repeating: [], count: names.count)
        var failure: StoreFailure?
        var left = names.count
        let finish = { [unowned self] in
            if let failure { return parts.refuse(exchange, after: failure) }
            respond(user, Array(zip(names, found)), next: next, exchange)
        }
        guard left > 0 else { return finish() }
        for (index, name) in names.enumerated() {
            let reference = ItemReference(ItemKeys(name), incarnation: nil)
            parts.store.purchases(query, after: 0, limit: Limits.batch, of: reference) { result in
                switch result {
                case .success(let page): found[index] = page.entries
                case .failure(.unknownItem): break
                case .failure(let why): failure = why
                }
                left -= 1
                if left == 0 { finish() }
            }
        }
    }

    private func respond(
        _ user: String, _ found: [(item: ItemName, entries: [BookEntry])], next: String, _ exchange: ExchangeID
    ) {
        parts.responder.respondJSON(to: exchange) { json in
            json.beginObject()
            json.field("user", user)
            json.key("purchases")
            json.beginArray()
            for (item, entries) in found {
                for entry in entries { BookRow(entry: entry, ticket: nil).write(to: &json, item: item) }
            }
            json.endArray()
            json.field("next", next == "0" ? nil : next)
            json.endObject()
        }
    }
}
