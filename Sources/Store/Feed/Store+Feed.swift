public import Base
public import Domain
import RedisClient

// What happened to purchases, from the ledgers of the items.
extension Store {
    /// A part of one item's events, as one call reads it.
    public struct EventSlice: Sendable, Equatable {
        public var incarnation: UInt64
        /// The event that the position names is there, where it names one.
        public var isPositionThere: Bool
        /// The last entry that was removed for its age; zero: none was.
        public var trimmed: LedgerID
        /// How far was read, also where nothing was found.
        public var position: LedgerPosition
        /// The call ended for its limits.
        public var isMoreLeft: Bool
        public var events: [Event]
    }

    /// Reads events of an item behind a position; costs the store a millisecond at most.
    ///
    /// - Parameters:
    ///   - incarnation: that is meant; nil: any.
    ///   - last: the last entry to read; nil: all there are.
    ///   - limit: events, at most `Limits.eventsRead`.
    public func events(
        of keys: ItemKeys, incarnation: UInt64?, after position: LedgerPosition, through last: LedgerID?, limit: Int,
        completion: @escaping StoreCompletion<EventSlice>
    ) {
        precondition((1...Limits.eventsRead).contains(limit))
        connection.evaluate(
            Scripts.events, keyCount: 6, argumentCount: 11,
            build: { writer in
                writer.argument(keys.meta)
                writer.argument(keys.ledger)
                writer.argument(keys.orders)
                writer.argument(keys.reasons)
                writer.argument(keys.payments)
                writer.argument(keys.refunds)
                writer.argument(incarnation.map(ItemIncarnation.text) ?? "")
                writer.argument(position.id.description)
                writer.argument(position.place)
                writer.argument(last?.description ?? "+")
                writer.argument(limit)
            },
            completion: interpretRead(completion) { EventSlice($0, of: keys.name) })
    }

    /// Who made a purchase; an empty user and no units where it is not known any more.
    struct Buyer: Sendable, Equatable {
        var user: String
        var quantity: Int64
    }

    /// Finds the buyers of some purchases: of as many, from the first on, as one call may search for; one at least.
    ///
    /// - Parameter sequences: in ascending order, at most `Limits.eventsRead`.
    func buyers(of sequences: [Int64], in item: ItemReference, completion: @escaping StoreCompletion<[Buyer]>) {
        precondition((1...Limits.eventsRead).contains(sequences.count))
        let keys = item.keys
        connection.evaluate(
            Scripts.buyers, keyCount: 4, argumentCount: 5 + sequences.count,
            build: { writer in
                writer.argument(keys.meta)
                writer.argument(keys.queue)
                writer.argument(keys.taken)
                writer.argument(keys.past)
                writer.argument(item.incarnation)
                for sequence in sequences { writer.argument(sequence) }
            },
            completion: interpretRead(completion) { reply in
                guard let users = reply.array(1), let quantities = reply.array(2), users.count == quantities.count,
                    (1...sequences.count).contains(users.count)
                else { return nil }
                let buyers = zip(users, quantities).compactMap { user, quantity -> Buyer? in
                    guard let packed = user.bytes, let quantity = quantity.integer else { return nil }
                    return Buyer(
                        user: String(decoding: SevenBitText.unpack(packed[...]), as: UTF8.self), quantity: quantity)
                }
                return buyers.count == users.count ? buyers : nil
            })
    }

    /// How far the ledger of an item has got.
    public struct LedgerEnd: Sendable, Equatable {
        public var incarnation: UInt64
        public var version: Int64
        public var last: LedgerID?

        public init(incarnation: UInt64, version: Int64, last: LedgerID?) {
            self.incarnation = incarnation
            self.version = version
            self.last = last
        }
    }

    public func ledgerEnd(of keys: ItemKeys, completion: @escaping StoreCompletion<LedgerEnd>) {
        connection.evaluate(
            Scripts.moved, keyCount: 2, argumentCount: 2,
            build: { writer in
                writer.argument(keys.meta)
                writer.argument(keys.ledger)
            },
            completion: interpretRead(completion) { reply in
                guard let incarnation = reply.incarnation(1), let version = reply.integer(2),
                    let last = reply.bytes(3).map({ String(decoding: $0, as: UTF8.self) })
                else { return nil }
                let id = LedgerID(last)
                guard id != nil || last.isEmpty else { return nil }
                return LedgerEnd(incarnation: incarnation, version: version, last: id)
            })
    }

    /// What became of pointers that a leader appends.
    public enum Pointing: Sendable, Equatable {
        /// - Parameter written: pointers; those that were there are not written again.
        case done(written: Int64)
        /// Another term has begun: nothing was written.
        case outdated
    }

    /// Appends to the feed of all items how far the ledgers of some have got; idempotent, at most `Limits.batch`.
    public func point(
        _ ends: [FeedPointing.End], term: Int64, completion: @escaping StoreCompletion<Pointing>
    ) {
        precondition(ends.count <= Limits.batch)
        connection.evaluate(
            Scripts.point, keyCount: 3, argumentCount: 5 + 3 * ends.count,
            build: { writer in
                writer.argument(ControlKeys.feed)
                writer.argument(ControlKeys.feedAt)
                writer.argument(ControlKeys.term)
                writer.argument(term)
                writer.argument(ControlKeys.feed(database: database))
                for end in ends {
                    writer.argument(end.item.description)
                    writer.argument(ItemIncarnation.text(end.incarnation))
                    writer.argument(end.last.description)
                }
            },
            completion: { [self] result in
                interpret(completion) { reply in
                    switch PointCode(rawValue: reply.status) {
                    case .done: reply.integer(1).map { .done(written: $0) }
                    case .outdated: .outdated
                    case nil: nil
                    }
                }(result)
            })
    }

    // MARK: Retention

    public struct TrimReply: Sendable, Equatable {
        public var removed: Int64  // entries
        /// Others are as old.
        public var isMoreLeft: Bool

        public init(removed: Int64, isMoreLeft: Bool) {
            self.removed = removed
            self.isMoreLeft = isMoreLeft
        }
    }

    /// Removes a slice of the entries of an item's ledger that are older than this; idempotent.
    public func trim(
        _ item: ItemReference, before time: WallInstant, completion: @escaping StoreCompletion<TrimReply>
    ) {
        connection.evaluate(
            Scripts.trim, keyCount: 2, argumentCount: 6,
            build: { writer in
                writer.argument(item.keys.meta)
                writer.argument(item.keys.ledger)
                writer.reference(self, item)
                writer.argument(time.milliseconds)
                writer.argument(Limits.batch)
            },
            completion: interpret(completion) { reply in
                guard let removed = reply.integer(1), let more = reply.integer(2) else { return nil }
                return TrimReply(removed: removed, isMoreLeft: more == 1)
            })
    }

    /// Removes a slice of the pointers that are older than this, by whole blocks of the store; returns how many.
    public func trimPointers(before time: WallInstant, completion: @escaping StoreCompletion<Int64>) {
        let most = "\(Limits.pointersTrimmed)"
        command(
            ["XTRIM", ControlKeys.feed, "MINID", "~", "\(time.milliseconds)", "LIMIT", most], completion
        ) { $0.integer }
    }

    /// The feed of all items from a pointer on, at most so many.
    func pointers(
        from id: String, limit: Int, completion: @escaping StoreCompletion<[FeedPointer]>
    ) {
        command(["XRANGE", ControlKeys.feed, id, "+", "COUNT", "\(limit)"], completion) { value in
            value.array.flatMap { entries in
                let pointers = entries.compactMap { FeedPointer($0) }
                return pointers.count == entries.count ? pointers : nil
            }
        }
    }

    /// How far the feed of all items has got with one; nil: nothing of it is there.
    func pointed(_ item: ItemName, completion: @escaping StoreCompletion<(incarnation: UInt64, last: LedgerID)?>) {
        command(["HGET", ControlKeys.feedAt, item.description], completion) { value in
            guard let bytes = value.bytes else { return .some(nil) }
            let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
            guard words.count == 2, let incarnation = UInt64(words[0], radix: 16), let last = LedgerID(words[1]) else {
                return nil
            }
            return .some((incarnation, last))
        }
    }
}

/// Part of the feed of all items: the entries of one item's ledger behind `before`, up to `last`.
struct FeedPointer: Sendable, Equatable {
    let id: LedgerID
    let item: ItemName
    let incarnation: UInt64
    let before: LedgerID
    let last: LedgerID

    /// From an entry of the stream; nil where no script wrote it so.
    init?(_ entry: RedisValue) {
        func text(_ value: RedisValue?) -> String? { value?.bytes.map { String(decoding: $0, as: UTF8.self) } }
        guard let parts = entry.array, parts.count == 2, let fields = parts[1].array, fields.count == 2,
            let id = text(parts[0]).flatMap({ LedgerID($0) }), let words = text(fields[1])?.split(separator: " "),
            words.count == 4, let item = ItemName(String(words[0])), let incarnation = UInt64(words[1], radix: 16),
            let before = LedgerID(words[2]), let last = LedgerID(words[3])
        else { return nil }
        self.id = id
        self.item = item
        self.incarnation = incarnation
        self.before = before
        self.last = last
    }
}
