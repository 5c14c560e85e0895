import Base
import Domain
import HTTPServer
import Store

/// Shows operators the purchases of which nobody knows whether they became orders.
final class AdminDoubts {
    private static let itemsAPage = 100
    private let parts: EndpointParts

    init(_ parts: EndpointParts) { self.parts = parts }

    /// What is in doubt of one item, in order of sequence; `?after=` is `next_cursor` of the page before.
    func list(_ name: ItemName, _ request: borrowing Request, _ exchange: ExchangeID) {
        let page: DoubtPage
        do throws(JSONError) { page = try DoubtPage(request) } catch {
            return parts.refuse(exchange, .invalidRequest(error.description))
        }
        parts.directory.read(name) { [unowned self] result in
            switch result {
            case .failure(let failure): parts.refuse(exchange, after: failure)
            case .success(let snapshot):
                let item = ItemReference(ItemKeys(name), incarnation: snapshot.incarnation)
                DoubtList(parts, of: item, after: page.after, limit: page.limit).read { [unowned self] result in
                    switch result {
                    case .failure(let failure): parts.refuse(exchange, after: failure)
                    case .success(let list): write(list, of: name, exchange)
                    }
                }
            }
        }
    }

    private func write(_ list: DoubtList, of name: ItemName, _ exchange: ExchangeID) {
        let item = Array(name.description.utf8)
        parts.responder.respondJSON(to: exchange) { [codec = parts.codec] json in
            json.beginObject()
            json.field("in_doubt", list.counters.inDoubt)
            json.key("doubts")
            json.beginArray()
            for entry in list.entries {
                json.beginObject()
                json.field("item", name.description)
                entry.doubt.write(to: &json)
                codec.withText(of: entry.ticket, item: item) { json.field("ticket", $0) }
                json.endObject()
            }
            json.endArray()
            json.field("next_cursor", list.isComplete ? nil : "\(list.examined)")
            json.endObject()
        }
    }

    /// Items with units in doubt, by name: those with unanswered orders, and those that this process knows of.
    func listItems(_ request: borrowing Request, _ exchange: ExchangeID) {
        let after = request.withQuery { QueryText($0).value(of: "after") } ?? ""
        parts.store.itemsInDoubt { [unowned self] result in
            switch result {
            case .failure(let failure): parts.refuse(exchange, after: failure)
            case .success(let marked):
                let known = parts.directory.entries.filter { $0.view.counters.inDoubt > 0 }.map(\.name)
                let later = Set(marked + known).map(\.description).filter { $0 > after }.sorted()
                let page = later.prefix(Self.itemsAPage).compactMap { ItemName($0) }
                collect(page, next: later.count > page.count ? page.last?.description : nil, exchange)
            }
        }
    }

    private func collect(_ names: [ItemName], next: String?, _ exchange: ExchangeID) {
        var units = [Int64](repeating: 0, count: names.count)
        var failure: StoreFailure?
        var left = names.count
        let finish = { [unowned self] in
            if let failure { return parts.refuse(exchange, after: failure) }
            show(zip(names, units).filter { $0.1 > 0 }, next: next, exchange)
        }
        guard !names.isEmpty else { return finish() }
        for (index, name) in names.enumerated() {
            parts.directory.read(name) { result in
                switch result {
                case .success(let snapshot): units[index] = snapshot.counters.inDoubt
                case .failure(.unknownItem): break
                case .failure(let why): failure = why
                }
                left -= 1
                if left == 0 { finish() }
            }
        }
    }

    private func show(_ items: [(ItemName, Int64)], next: String?, _ exchange: ExchangeID) {
        parts.responder.respondJSON(to: exchange) { json in
            json.beginObject()
            json.key("items")
            json.beginArray()
            for (name, units) in items {
                json.beginObject()
                json.field("item", name.description)
                json.field("in_doubt", units)
                json.endObject()
            }
            json.endArray()
            json.field("next_cursor", next)
            json.endObject()
        }
    }
}

/// Which part of a list is wanted.
private struct DoubtPage {
    private(set) var after: Int64 = 0
    private(set) var limit = 100

    init(_ request: borrowing Request) throws(JSONError) {
        let query = request.withQuery { QueryText($0) }
        if let text = query.value(of: "after") {
            guard let number = Int64(text), (0...Limits.sequence.upperBound).contains(number) else {
                throw JSONError(.mustBe("the next_cursor of the page before"), field: "after")
            }
            after = number
        }
        if let text = query.value(of: "limit") {
            guard let number = Int64(text), Limits.doubtsListed.contains(number) else {
                throw JSONError(.outOfRange(Limits.doubtsListed), field: "limit")
            }
            limit = Int(number)
        }
    }
}

/// The pairs of a query, as sent.
private struct QueryText {
    private let pairs: [Substring]

    init(_ query: Span<UInt8>) { pairs = String(utf8: query).split(separator: "&") }

    func value(of name: String) -> String? {
        pairs.first { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.utf8.count + 1)) }
    }
}

extension Doubt {
    /// The fields of one entry of a list, but for item and ticket.
    fileprivate func write(to json: inout JSONWriter) {
        json.field("sequence", record.sequence)
        json.field("user", record.user)
        json.field("quantity", record.quantity)
        json.field("attempt", record.attempt)
        json.field("admitted_at", record.admittedAt)
        json.field("cause", constant: isUnanswered ? "unanswered" : "workers-lost")
        json.field("workers_lost", losses)
    }
}
