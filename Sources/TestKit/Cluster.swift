import Base
import Foundation

/// A private Redis and our modules beside it, each started by hand as the README shows.
///
/// Everything ends with this value. Nodes are started in the order queue, scheduler, worker.
public final class Cluster {
    /// What a worker does between `deduct` and `settle`.
    public enum Sink: Sendable {
        case none
        case delay(milliseconds: Int, slots: Int)
        /// A database that has the table of orders; `more` are further flags.
        case postgres(url: String, more: [String] = [])
        /// An order service at `url`; `more` are further flags.
        case webhook(url: String, more: [String] = [])

        fileprivate func flags(keyFile: String, secretFile: String) -> [String] {
            switch self {
            case .none: []
            case .webhook(let url, let more):
                [
                    "--sink", "webhook", "--sink-url", url, "--sink-secret-file", secretFile, "--ticket-key-file",
                    keyFile,
                ] + more
            case .delay(let milliseconds, let slots):
                ["--sink", "delay", "--delay-ms", "\(milliseconds)", "--delay-slots", "\(slots)"]
            case .postgres(let url, let more):
                ["--sink", "postgres", "--postgres-url", url, "--ticket-key-file", keyFile] + more
            }
        }
    }

    /// A process of ours that has only an ops listener.
    public struct Node: Sendable {
        public let program: Program
        public let ops: Endpoint

        public func metrics() throws -> Metrics { Metrics(try HTTPClient(ops).get("/metrics").text) }
    }

    /// A queue process with a client for it.
    public struct Queue {
        public let program: Program
        public let shop: Shop
        public var http: Endpoint { shop.http }
    }

    public let directory: TemporaryDirectory
    public let redis: RedisServerProcess
    private let database: Int
    public let token = "end-to-end-token-of-more-than-32-characters"
    private let tokenFile: String
    public let keyFile: String
    private let secretFile: String
    private var started = 0
    /// Where the programs lie that are started from now on; nil: those that were built.
    public var folder: String?

    /// All that were started, also those that have ended.
    public private(set) var queues: [Queue] = []
    public private(set) var schedulers: [Node] = []
    public private(set) var workers: [Node] = []

    /// - Parameters:
    ///   - shared: a Redis that serves another cluster too; nil: one of its own.
    ///   - database: of that Redis.
    public init(
        queues: Int = 1, schedulers: Int = 1, workers: Int = 1, sink: Sink = .none, appendOnly: Bool = false,
        redis shared: RedisServerProcess? = nil, database: Int = 0, folder: String? = nil
    ) throws {
        self.folder = folder
        self.database = database
        directory = try TemporaryDirectory()
        tokenFile = try directory.write(token + "\n", to: "admin-token")
        keyFile = try directory.write(Self.key() + "\n", to: "ticket-key")
        secretFile = try directory.write("whsec_" + String(repeating: "QUJD", count: 8) + "\n", to: "sink-secret")
        redis = try shared ?? RedisServerProcess(.init(appendOnly: appendOnly))
        for _ in 0..<queues { try startQueue() }
        for _ in 0..<schedulers { try startScheduler() }
        for _ in 0..<workers { try startWorker(sink: sink) }
    }

    deinit {
        // Before the Redis, which may be stopped: it ends with its own object.
        for program in programs { program.kill9() }
    }

    public var programs: [Program] {
        queues.map(\.program) + schedulers.map(\.program) + workers.map(\.program)
    }

    /// The first queue process.
    public var shop: Shop { queues[0].shop }

    /// Starts one more queue process.
    ///
    /// - Parameters:
    ///   - withForeignKey: it signs with a key of its own, and knows no other: it can read none of the others' tickets.
    ///   - rotatingKey: it signs with a new key and still knows the others' key.
    ///   - public: where buyers are served, beside processes that serve there already; nil takes a free port.
    @discardableResult
    public func startQueue(
        withForeignKey: Bool = false, rotatingKey: Bool = false, loops: Int = 1, public http: Endpoint? = nil
    ) throws -> Queue {
        var key = keyFile
        if withForeignKey || rotatingKey {
            let former = rotatingKey ? try String(contentsOfFile: keyFile, encoding: .utf8) : ""
            key = try directory.write(Self.key(1) + "\n" + former, to: "ticket-key-\(started)")
        }
        let program = try start(
            "sluice-queue",
            [
                "--listen", http?.authority ?? "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--ticket-key-file", key,
                "--admin-token-file", tokenFile, "--loops", "\(loops)",
            ])
        let ready = try program.ready()
        guard let http = ready.endpoint("http"), let admin = ready.endpoint("admin") else {
            throw Program.Failure.notReady("sluice-queue: no http= or admin= in \(program.output)")
        }
        let queue = Queue(program: program, shop: Shop(http: http, admin: admin, token: token))
        queues.append(queue)
        return queue
    }

    /// - Parameter environment: further variables.
    @discardableResult
    public func startScheduler(environment: [String: String] = [:]) throws -> Node {
        let node = try startNode("sluice-scheduler", [], environment: environment)
        schedulers.append(node)
        return node
    }

    /// - Parameter storeURL: another address of the same Redis.
    @discardableResult
    public func startWorker(sink: Sink = .none, storeURL: String? = nil) throws -> Node {
        let flags = sink.flags(keyFile: keyFile, secretFile: secretFile)
        let node = try startNode("sluice-worker", flags, storeURL: storeURL)
        workers.append(node)
        return node
    }

    private func startNode(
        _ name: String, _ flags: [String], storeURL: String? = nil, environment: [String: String] = [:]
    ) throws -> Node {
        let program = try start(
            name, ["--ops-listen", "127.0.0.1:0"] + flags, storeURL: storeURL, environment: environment)
        guard let ops = try program.ready().endpoint("ops") else {
            throw Program.Failure.notReady("\(name): no ops= in \(program.output)")
        }
        return Node(program: program, ops: ops)
    }

    private func start(
        _ name: String, _ flags: [String], storeURL: String? = nil, environment: [String: String] = [:]
    ) throws -> Program {
        started += 1
        return try Program(
            folder.map { "\($0)/\(name)" } ?? name,
            ["--redis-url", storeURL ?? "\(redis.url)?db=\(database)"] + flags, environment: environment,
            log: directory.file("\(name)-\(started).log"))
    }

    /// 32 random bytes as 64 hex digits.
    /// Fixed keys: two at random share their one-byte id once in 256 times, and a process refuses such a pair.
    private static func key(_ number: UInt8 = 0) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: digits.count == 1 ? "0" + digits : digits, count: 32)
    }
}
