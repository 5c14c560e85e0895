public import Base
import Domain
public import EventLoop
import RedisClient

/// Where the store is, and how its connections behave.
public struct StoreOptions: Sendable {
    let endpoint: RedisEndpoint
    /// Shown by the store's CLIENT LIST.
    public var clientName: String?
    public var deadline = Limits.storeDeadline

    /// Throws a text about what is wrong with the URL.
    public init(url: String) throws(InvalidStoreURL) {
        do {
            endpoint = try RedisEndpoint(url: url)
        } catch {
            throw InvalidStoreURL(description: error.description)
        }
    }

    var redisOptions: RedisOptions {
        var options = RedisOptions()
        options.name = clientName
        options.deadline = deadline
        return options
    }
}

public struct InvalidStoreURL: Error, Sendable, CustomStringConvertible {
    public let description: String
}

/// One item as a caller of the store names it: the keys, and the incarnation that is meant ("": whichever is there).
public struct ItemReference {
    public let keys: ItemKeys
    public let incarnation: String

    public init(_ keys: ItemKeys, incarnation: UInt64?) {
        self.keys = keys
        self.incarnation = incarnation.map(ItemIncarnation.text) ?? ""
    }
}

public typealias StoreCompletion<Value> = (Result<Value, StoreFailure>) -> Void

/// The scripts and reads of the engine, over one pipelined connection. Belongs to its loop's thread.
public final class Store {
    public var onReady: (() -> Void)?
    /// Called with the reason when the store is lost, and when attempts fail for another reason than before.
    public var onDown: ((String) -> Void)?

    /// The run id that this process met first: what was acknowledged under an earlier one is unknown to it.
    private(set) var firstRunID = ""

    let connection: RedisConnection
    let health: StoreHealth
    let database: Int32
    private var listeners: [StoreListener] = []

    public init(loop: EventLoop, options: StoreOptions) {
        database = options.endpoint.database
        connection = RedisConnection(
            loop: loop, endpoint: options.endpoint, scripts: Scripts.all,
            constants: Scripts.constants(database: database), options: options.redisOptions)
        health = StoreHealth(loop: loop, connection: connection)
        connection.onReady = { [unowned self] identity in
            if firstRunID.isEmpty { firstRunID = identity.runID }
            for listener in listeners { listener.disconnect(unlessAt: identity.runID) }
            health.probeRegularly()
            onReady?()
        }
        connection.onDown = { [unowned self] reason in
            health.forget()
            onDown?(reason.description)
        }
    }

    public func start() { connection.start() }
    public func close() {
        connection.close()
        health.stop()
    }

    /// Keeps `listener` connected to the server of the store, wherever an address leads.
    public func accompany(with listener: StoreListener) { listeners.append(listener) }

    public var isReady: Bool { connection.isReady }
    public var downReason: String? { connection.downReason?.description }
    /// Names the life of the store: another one after every restart.
    public var runID: String { connection.identity?.runID ?? "" }
    public var version: String { connection.identity?.version ?? "" }

    // MARK: Replies

    /// Reads a script's reply, or its refusal.
    func interpret<Value>(
        _ completion: @escaping StoreCompletion<Value>, _ read: @escaping (ScriptReply) -> Value?
    ) -> RedisCompletion {
        { result in
            switch result {
            case .failure(let failure): completion(.failure(StoreFailure(failure)))
            case .success(let value):
                guard let reply = ScriptReply(value) else { return completion(.failure(.unexpectedReply)) }
                if let failure = StoreFailure(status: reply.status) { return completion(.failure(failure)) }
                guard let answer = read(reply) else { return completion(.failure(.unexpectedReply)) }
                completion(.success(answer))
            }
        }
    }

    /// The same of a script that only reads; a login without the right for it is noted, see `StoreHealth`.
    func interpretRead<Value>(
        _ completion: @escaping StoreCompletion<Value>, _ read: @escaping (ScriptReply) -> Value?
    ) -> RedisCompletion {
        let interpreted = interpret(completion, read)
        return { [unowned self] result in
            if case .failure(let failure) = result { return completion(.failure(health.readFailed(failure))) }
            interpreted(result)
        }
    }

    /// A command without a script, for hints and plain reads.
    func command<Value>(
        _ words: [String], _ completion: @escaping StoreCompletion<Value>, _ read: @escaping (RedisValue) -> Value?
    ) {
        connection.send(words) { result in
            switch result {
            case .failure(let failure): completion(.failure(StoreFailure(failure)))
            case .success(let value):
                guard let answer = read(value) else { return completion(.failure(.unexpectedReply)) }
                completion(.success(answer))
            }
        }
    }
}

/// The array that every script replies with: a status first.
struct ScriptReply {
    let status: Int64
    let values: [RedisValue]

    init?(_ value: RedisValue) {
        guard let values = value.array, let status = values.first?.integer else { return nil }
        self.status = status
        self.values = values
    }

    func integer(_ index: Int) -> Int64? { index < values.count ? values[index].integer : nil }
    func bytes(_ index: Int) -> [UInt8]? { index < values.count ? values[index].bytes : nil }
    func array(_ index: Int) -> [RedisValue]? { index < values.count ? values[index].array : nil }

    func incarnation(_ index: Int) -> UInt64? {
        bytes(index).flatMap { UInt64(String(decoding: $0, as: UTF8.self), radix: 16) }
    }

    /// Sequences and records by turns, as scripts hand over what was taken.
    func flight(_ index: Int) -> [FlightRecord]? {
        array(index).flatMap { FlightRecord.all(in: $0.compactMap(\.bytes)[...]) }
    }

    /// The twelve counters behind the status; nil where they are missing, or contradict each other.
    var counters: ItemCounters? {
        guard values.count > ItemCounters.count else { return nil }
        let numbers = values[1...ItemCounters.count].compactMap(\.integer)
        return numbers.count == ItemCounters.count ? ItemCounters(numbers) : nil
    }
}
