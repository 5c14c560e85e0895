import Base
import Domain
import Sodium
import Store

/// Reads the books of one item, page by page.
final class BookReader {
    let item: ItemName
    let query: BookQuery
    private let parts: EndpointParts
    private let snapshot: ItemSnapshot
    private let reference: ItemReference
    /// All up to this sequence were read.
    private(set) var examined: Int64
    private(set) var isAtEnd = false
    /// As the last page saw them.
    private(set) var counters: ItemCounters

    /// - Parameter snapshot: which item it is.
    init(_ parts: EndpointParts, of item: ItemName, _ snapshot: ItemSnapshot, _ query: BookQuery, after: Int64) {
        (self.parts, self.item, self.snapshot, self.query, examined) = (parts, item, snapshot, query, after)
        reference = ItemReference(ItemKeys(item), incarnation: snapshot.incarnation)
        counters = snapshot.counters
    }

    /// Reads up to `limit` purchases, at most `Limits.batch`; fewer come also before the end.
    func next(_ limit: Int, _ completion: @escaping (Result<[BookEntry], StoreFailure>) -> Void) {
        parts.store.purchases(query, after: examined, limit: min(limit, Limits.batch), of: reference) { [self] result in
            completion(
                result.map { page in
                    (examined, isAtEnd, counters) = (page.examined, page.isLast, page.counters)
                    return page.entries
                })
        }
    }

    /// Reads the next purchases, page after page until some come; none: it is at the end.
    func nextSome(_ limit: Int, _ completion: @escaping (Result<[BookEntry], StoreFailure>) -> Void) {
        next(limit) { [self] result in
            if case .success(let entries) = result, entries.isEmpty, !isAtEnd { return nextSome(limit, completion) }
            completion(result)
        }
    }

    func row(_ entry: BookEntry) -> BookRow {
        BookRow(entry: entry, ticket: query.withTickets ? ticket(of: entry) : nil)
    }

    private func ticket(of entry: BookEntry) -> String {
        guard let keyID = entry.ticketKeyID else { return "" }
        let ticket = Ticket(
            keyID: keyID, incarnation: snapshot.incarnation, sequence: entry.sequence, quantity: entry.quantity,
            userTag: KeyedHash.hash(entry.user.utf8.span, key: snapshot.salt))
        return parts.codec.withText(of: ticket, item: Array(item.description.utf8)) { String(utf8: $0) }
    }
}
