import Base
public import Domain
import RedisClient

// Reads of items; for the calls of operators see Store+Changes.swift.
extension Store {
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

    /// A set of names in slices: one reply with all of them would block the store, and has a bound.
    func names(in key: String, completion: @escaping StoreCompletion<[ItemName]>) {
        NameScan(connection, key, completion).next("0")
    }
}

/// Reads a set of names; a slice may contain names of an earlier one.
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
    var texts: [String]? { array?.compactMap { $0.bytes.map { String(decoding: $0, as: UTF8.self) } } }

    /// Fields and values by turns, as a hash is read.
    var pairs: [(field: String, value: String)]? {
        guard let texts, texts.count % 2 == 0 else { return nil }
        return stride(from: 0, to: texts.count, by: 2).map { (texts[$0], texts[$0 + 1]) }
    }

    var names: [ItemName]? {
        array?.compactMap { $0.bytes.flatMap { ItemName($0.span) } }
    }
}

extension ItemSnapshot {
    init?(_ reply: ScriptReply) {
        let first = ItemCounters.count + 1
        guard let counters = reply.counters, let boot = reply.bytes(first), let number = reply.incarnation(first + 1),
            let salt = reply.bytes(first + 2), salt.count == 16, let time = reply.integer(first + 3),
            let settings = reply.array(first + 4)?.compactMap(\.integer), let settings = ItemSettings(settings),
            let life = reply.bytes(first + 5), let freeze = reply.bytes(first + 6),
            let skipped = reply.bytes(first + 7).flatMap({ SkippedSequences(String(decoding: $0, as: UTF8.self)) })
        else { return nil }
        self.init(
            counters: counters, settings: settings, boot: String(decoding: boot, as: UTF8.self),
            incarnation: number, salt: salt, storeTime: WallInstant(milliseconds: time),
            life: String(decoding: life, as: UTF8.self), freeze: ItemFreeze(String(decoding: freeze, as: UTF8.self)),
            skipped: skipped)
    }
}
