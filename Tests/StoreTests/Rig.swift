import Base
import Domain
import EventLoop
import RedisClient
import TestKit
import Testing

@testable import Store

/// A private redis-server, and one store on one loop that the test turns by hand.
final class Rig {
    static let incarnation: UInt64 = 0x1122_3344_5566_7788
    static let salt = [UInt8](repeating: 7, count: 16)

    let server: RedisServerProcess
    let database: Int
    let loop: EventLoop
    let store: Store

    convenience init(_ options: RedisServerProcess.Options = .init()) throws {
        try self.init(on: try RedisServerProcess(options))
    }

    init(on server: RedisServerProcess, database: Int = 0) throws {
        self.server = server
        self.database = database
        loop = try EventLoop()
        store = Store(loop: loop, options: try Self.options(server, database: database))
        store.start()
        try #require(turns { store.isReady })
    }

    static func options(_ server: RedisServerProcess, database: Int = 0) throws -> StoreOptions {
        var options = try StoreOptions(url: "\(server.url)?db=\(database)")
        options.deadline = .seconds(15)  // the machine may be busy with other tests
        return options
    }

    /// Runs turns until `condition` holds; false when it does not in time.
    func turns(atMost limit: TimeSpan = .seconds(20), until condition: () -> Bool) -> Bool {
        loop.turns(atMost: limit, until: condition)
    }

    struct NoAnswer: Error {}

    /// Makes one call and waits for its result.
    func result<Value>(_ call: (@escaping StoreCompletion<Value>) -> Void) throws -> Result<Value, StoreFailure> {
        var result: Result<Value, StoreFailure>?
        call { result = $0 }
        guard turns(until: { result != nil }), let result else { throw NoAnswer() }
        return result
    }

    func answer<Value>(_ call: (@escaping StoreCompletion<Value>) -> Void) throws -> Value {
        try result(call).get()
    }

    /// Why a call failed; nil when it did not.
    func failure<Value>(_ call: (@escaping StoreCompletion<Value>) -> Void) throws -> StoreFailure? {
        if case .failure(let failure) = try result(call) { failure } else { nil }
    }

    /// One plain command over the store's own connection; binary safe, unlike `server.command`.
    func raw(_ words: String...) throws -> RedisValue {
        var result: Result<RedisValue, RedisFailure>?
        store.connection.send(words) { result = $0 }
        guard turns(until: { result != nil }), let result else { throw NoAnswer() }
        return try result.get()
    }

    /// A second life of the server; `between` runs while it is down.
    func restart(killed: Bool = false, between: () throws -> Void = {}) throws {
        if killed { server.kill9() } else { server.stop() }
        try between()
        try server.start()
        let old = store.runID
        try #require(turns { store.isReady && store.runID != old })
    }

    // MARK: Items

    /// Creates an item.
    func item(_ name: String = "item", stock: Int64, _ change: (inout ItemChange) -> Void = { _ in }) throws
        -> ItemReference
    {
        let keys = ItemKeys(try #require(ItemName(name)))
        var wanted = ItemChange()
        wanted.stock = stock
        change(&wanted)
        let outcome = try put(keys, wanted)
        #expect(outcome == .created)
        return ItemReference(keys, incarnation: Self.incarnation)
    }

    @discardableResult
    func put(_ keys: ItemKeys, _ change: ItemChange, onlyIf condition: ItemCondition = .none) throws
        -> Store.PutOutcome
    {
        try answer {
            store.put(
                keys, change, onlyIf: condition, incarnation: Self.incarnation, salt: Self.salt, completion: $0)
        }
    }

    @discardableResult
    func alter(_ item: ItemReference, _ alteration: Store.Alteration, key: String? = nil) throws -> Store.AlterOutcome {
        try answer { store.alter(item.keys, alteration, key: key.map { Array($0.utf8) }, completion: $0) }
    }

    func snapshot(_ item: ItemReference) throws -> ItemSnapshot {
        try answer { store.inspect(item.keys, completion: $0) }
    }

    func counters(_ item: ItemReference) throws -> ItemCounters { try snapshot(item).counters }

    /// Result bytes of `range`, as the store has them.
    func bytes(_ range: ClosedRange<Int64>, of item: ItemReference) throws -> [ResultByte] {
        var bytes: [UInt8] = []
        for block in ResultBlocks.blockIndex(of: range.lowerBound)...ResultBlocks.blockIndex(of: range.upperBound) {
            let part = try answer { store.results(block: block, of: item, completion: $0) }
            bytes += part + [UInt8](repeating: 0, count: Limits.resultBlock - part.count)
        }
        let first = ResultBlocks.blockIndex(of: range.lowerBound) * Limits.resultBlock
        return try bytes[(Int(range.lowerBound) - first)...(Int(range.upperBound) - first)].map {
            try #require(ResultByte(rawValue: $0))
        }
    }

    /// Makes an item begin behind `sequence`, as if all up to it had been sold out; for segments far from the first.
    func skip(to sequence: Int64, of item: ItemReference) throws {
        let number = "\(sequence)"
        _ = try raw(
            "HSET", String(decoding: item.keys.meta, as: UTF8.self), "tail", number, "head", number, "ended_at", number,
            "cancelled", "0")
    }
}
