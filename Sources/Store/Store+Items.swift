public import Base
public import Domain
import RedisClient

/// What an operator wants of an item; nil leaves it as it is, or at the default of a new item.
public struct ItemChange: Sendable, Equatable {
    public var stock: Int64?  // units in all
    public var queueLimit: Int64?
    public var perUserLimit: Int64?  // 0 = no limit
    public var perUserUnits: Int64?  // 0 = no limit
    public var opensAt: WallInstant?  // 0 = open
    public var closesAt: WallInstant?  // 0 = never
    public var closesOnSoldOut: Bool?
    public var weight: Int64?

    public init() {}

    /// Field and value of meta for what is set.
    var fields: [(String, Int64)] {
        let all: [(String, Int64?)] = [
            ("queue_limit", queueLimit), ("per_user_limit", perUserLimit), ("per_user_units", perUserUnits),
            ("opens_at", opensAt?.milliseconds), ("closes_at", closesAt?.milliseconds),
            ("on_sold_out_close", closesOnSoldOut.map { $0 ? 1 : 0 }), ("weight", weight),
        ]
        return all.compactMap { name, value in value.map { (name, $0) } }
    }
}

// What operators and listeners ask of the store.
extension Store {
    public enum PutOutcome: Sendable, Equatable {
        case created
        case updated
        /// Refused: this many units are held or sold already.
        case belowHeldAndSold(Int64)
        /// Refused: a new item needs a stock.
        case stockMissing
    }

    /// Creates or changes an item; `incarnation` and `salt` (16 bytes) are used where it is new.
    public func put(
        _ keys: ItemKeys, _ change: ItemChange, incarnation: UInt64, salt: [UInt8],
        completion: @escaping StoreCompletion<PutOutcome>
    ) {
        precondition(salt.count == 16)
        let fields = change.fields
        command(["SADD", ControlKeys.items, keys.name.description], { (_: Result<Int64, StoreFailure>) in }, \.integer)
        connection.evaluate(
            Scripts.put, keyCount: 3, argumentCount: 8 + 2 * fields.count,
            build: { writer in
                writer.argument(keys.meta)
                writer.argument(keys.ledger)
                writer.argument(keys.queue)
                writer.argument(runID)
                writer.argument("" as StaticString)
                writer.argument(ItemIncarnation.text(incarnation))
                writer.argument(salt)
                writer.argument(change.stock.map { String($0) } ?? "")
                for (name, value) in fields {
                    writer.argument(name)
                    writer.argument(value)
                }
            },
            completion: interpret(completion) { reply in
                switch reply.status {
                case 1: .created
                case 0: .updated
                case -4: .belowHeldAndSold(reply.integer(1) ?? 0)
                case -5: .stockMissing
                default: nil
                }
            })
    }

    public enum Alteration: Sendable, Equatable {
        case pause, resume, close, thaw
        case restock(units: Int64)

        /// Whether doing it twice is doing it once.
        public var isRepeatable: Bool { if case .restock = self { false } else { true } }

        var words: (String, Int64) {
            switch self {
            case .pause: ("pause", 0)
            case .resume: ("resume", 0)
            case .close: ("close", 0)
            case .thaw: ("thaw", 0)
            case .restock(let units): ("restock", units)
            }
        }
    }

    public func alter(
        _ keys: ItemKeys, _ alteration: Alteration, completion: @escaping StoreCompletion<ItemCounters>
    ) {
        let (action, units) = alteration.words
        precondition(Limits.stock.contains(units))
        connection.evaluate(
            Scripts.alter, keyCount: 2, argumentCount: 6,
            build: { writer in
                writer.argument(keys.meta)
                writer.argument(keys.ledger)
                writer.argument(runID)
                writer.argument("" as StaticString)
                writer.argument(action)
                writer.argument(units)
            },
            completion: interpret(completion, \.counters))
    }

    /// Reads an item at one instant; `unknownItem` when there is none.
    public func inspect(_ keys: ItemKeys, completion: @escaping StoreCompletion<ItemSnapshot>) {
        connection.evaluate(
            Scripts.inspect, keyCount: 1, argumentCount: 3,
            build: { writer in
                writer.argument(keys.meta)
                writer.argument(runID)
                writer.argument("" as StaticString)
            },
            completion: interpret(completion) { ItemSnapshot($0) })
    }

    /// The names of all items, in no order.
    public func itemNames(completion: @escaping StoreCompletion<[ItemName]>) {
        names(in: ControlKeys.items, completion: completion)
    }

    /// A set of names in slices: one reply with all of them would hold the store up, and has a bound.
    func names(in key: String, completion: @escaping StoreCompletion<[ItemName]>) {
        NameScan(connection, key, completion).next("0")
    }
}

/// Goes through a set of names; a slice may repeat what came before.
private final class NameScan {
    private let connection: RedisConnection
    private let key: String
    private let completion: StoreCompletion<[ItemName]>
    private var found: Set<ItemName> = []

    init(_ connection: RedisConnection, _ key: String, _ completion: @escaping StoreCompletion<[ItemName]>) {
        self.connection = connection
        self.key = key
        self.completion = completion
    }

    func next(_ cursor: String) {
        connection.send(["SSCAN", key, cursor, "COUNT", "1000"]) { [self] result in
            switch result {
            case .failure(let failure): completion(.failure(StoreFailure(failure)))
            case .success(let value):
                guard let parts = value.array, parts.count == 2, let bytes = parts[0].bytes, let names = parts[1].names
                else { return completion(.failure(.unexpectedReply)) }
                found.formUnion(names)
                let cursor = String(decoding: bytes, as: UTF8.self)
                if cursor == "0" { completion(.success(Array(found))) } else { next(cursor) }
            }
        }
    }
}

extension RedisValue {
    var names: [ItemName]? {
        array?.compactMap { $0.bytes.flatMap { ItemName($0.span) } }
    }
}

extension ItemSnapshot {
    init?(_ reply: ScriptReply) {
        let first = ItemCounters.count + 1
        guard let counters = reply.counters, let boot = reply.bytes(first), let number = reply.incarnation(first + 1),
            let salt = reply.bytes(first + 2), salt.count == 16, let time = reply.integer(first + 3),
            let settings = reply.array(first + 4)?.compactMap(\.integer), settings.count == 12,
            let life = reply.bytes(first + 5), let freeze = reply.bytes(first + 6)
        else { return nil }
        self.init(
            counters: counters, settings: ItemSettings(settings), boot: String(decoding: boot, as: UTF8.self),
            incarnation: number, salt: salt, storeTime: WallInstant(milliseconds: time),
            life: String(decoding: life, as: UTF8.self), freeze: ItemFreeze(String(decoding: freeze, as: UTF8.self)))
    }
}

extension ItemSettings {
    /// From the twelve numbers of inspect.lua.
    init(_ values: [Int64]) {
        self.init()
        isFrozen = values[0] == 1
        isClosed = values[1] == 1
        isPaused = values[2] == 1
        opensAt = WallInstant(milliseconds: values[3])
        closesAt = WallInstant(milliseconds: values[4])
        queueLimit = values[5]
        perUserLimit = values[6]
        perUserUnits = values[7]
        largest = values[8]
        closesOnSoldOut = values[9] == 1
        weight = values[10]
        hasOrders = values[11] == 1
    }
}
