import Base
import Domain
import RedisClient

/// Which purchases of an item are wanted.
public struct BookQuery: Sendable, Equatable {
    /// Empty: in any state.
    public var states: Set<BookEntry.State> = []
    /// Nil: of all users.
    public var user: String?
    /// Also the ids of the keys that signed their tickets.
    public var withTickets = false

    public init() {}

    fileprivate var wanted: [UInt8] { states.map(\.wanted.rawValue).sorted() }
}

// What became of purchases.
extension Store {
    /// Reads purchases behind sequence `after`, at most `Limits.batch`. Fewer come also before the end.
    public func purchases(
        _ query: BookQuery, after: Int64, limit: Int, of item: ItemReference,
        completion: @escaping StoreCompletion<BookPage>
    ) {
        precondition((1...Limits.batch).contains(limit))
        let keys = item.keys
        connection.evaluate(
            Scripts.purchases, keyCount: 10, argumentCount: 17,
            build: { writer in
                writer.argument(keys.meta)
                writer.argument(keys.queue)
                writer.argument(keys.taken)
                writer.argument(keys.past)
                writer.argument(keys.firstResults)
                writer.argument(keys.users)
                writer.argument(keys.orders)
                writer.argument(keys.reasons)
                writer.argument(keys.payments)
                writer.argument(keys.refunds)
                writer.reference(self, item)
                writer.argument(after)
                writer.argument(limit)
                writer.argument(query.wanted)
                writer.argument(query.user.map { SevenBitText.packed($0) } ?? [])
                writer.argument(query.withTickets ? 1 : 0)
            },
            completion: interpretRead(completion) { BookPage($0) })
    }
}
