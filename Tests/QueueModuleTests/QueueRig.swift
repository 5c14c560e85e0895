import Base
import Domain
import EventLoop
import HTTPServer
import Operations
import Sodium
import Store
import TestKit
import Testing

@testable import QueueModule

/// A public server and an admin server before a redis-server of their own, on one loop that the test turns by hand.
final class QueueRig {
    static let token = "a token of at least thirty-two letters"
    static let metricsToken = "another one of at least thirty-two letters"

    let server: RedisServerProcess
    let loop: EventLoop
    let publicServer: PublicServer
    let adminServer: AdminServer
    let log = RecordingLog()
    /// A connection of its own, to do what other processes do.
    let other: Store
    private var clients: [HTTPClient] = []
    private var operatorClient: HTTPClient!

    init(
        _ options: RedisServerProcess.Options = .init(), deadline: TimeSpan = .seconds(15),
        batchLimit: Int = Limits.batch, archiveFolder: String? = nil, retention: TimeSpan? = nil,
        page: PageFiles? = .builtIn, origins: [String] = [], beside other: QueueRig? = nil, streams: Int = 100
    ) throws {
        server = try other?.server ?? RedisServerProcess(options)
        loop = try EventLoop()
        var storeOptions = try StoreOptions(url: server.url)
        storeOptions.deadline = deadline  // long by default: the machine may be busy with other tests
        publicServer = PublicServer(
            loop: loop, storeOptions: storeOptions,
            authenticator: try TicketKeyRing([[UInt8](repeating: 3, count: 32)]),
            log: log, seed: 1, batchLimit: batchLimit, streams: streams, page: page, origins: origins)
        adminServer = AdminServer(
            publicServer: publicServer, token: Array(Self.token.utf8), metricsToken: Array(Self.metricsToken.utf8),
            archiveFolder: archiveFolder, retention: retention,
            metrics: { completion in
                var page = MetricsPage()
                page.gauge("sluice_test", help: "a test", 1)
                completion(page)
            })
        self.other = Store(loop: loop, options: storeOptions)
        try publicServer.start(address: "127.0.0.1", port: 0, limits: .publicListener) {}
        try adminServer.start(address: "127.0.0.1", port: 0)
        self.other.start()
        operatorClient = HTTPClient(Endpoint(port: adminServer.port))
        try #require(turns { publicServer.isReady && self.other.isReady })
    }

    deinit {
        adminServer.close()
        publicServer.close()
        other.close()
    }

    /// Runs turns until `condition` holds; false when it does not in time.
    func turns(atMost limit: TimeSpan = .seconds(20), until condition: () throws -> Bool) rethrows -> Bool {
        let end = EventLoop.readMonotonicClock() + limit
        while try !condition() {
            guard EventLoop.readMonotonicClock() < end else { return false }
            loop.turn(waitAtMost: .milliseconds(10))
        }
        return true
    }

    // MARK: Over HTTP

    struct NoAnswer: Error {}

    /// Sends all requests, each on a connection of its own, before the next turn; answers in the same order.
    func ask(_ requests: [HTTPRequest]) throws -> [HTTPReply] {
        while clients.count < requests.count { clients.append(HTTPClient(Endpoint(port: publicServer.port))) }
        return try exchange(requests, Array(clients.prefix(requests.count)))
    }

    func ask(_ request: HTTPRequest) throws -> HTTPReply { try ask([request])[0] }

    func ask(_ method: String, _ target: String, headers: [(name: String, value: String)] = []) throws -> HTTPReply {
        try ask(HTTPRequest(method, target, headers: headers))
    }

    /// Asks the admin listener, with the token unless other headers are given.
    func administer(
        _ method: String, _ target: String, json: String? = nil, headers: [(name: String, value: String)]? = nil
    ) throws -> HTTPReply {
        let headers = headers ?? [("Authorization", "Bearer \(Self.token)")]
        return try exchange([HTTPRequest(method, target, headers: headers, json: json)], [operatorClient])[0]
    }

    /// Asks the admin listener, all before the next turn, each on a connection of its own.
    func administer(_ requests: [HTTPRequest]) throws -> [HTTPReply] {
        let clients = requests.map { _ in HTTPClient(Endpoint(port: adminServer.port)) }
        return try exchange(requests, clients)
    }

    private func exchange(_ requests: [HTTPRequest], _ clients: [HTTPClient]) throws -> [HTTPReply] {
        for (request, client) in zip(requests, clients) { try client.post(request) }
        var replies = [HTTPReply?](repeating: nil, count: requests.count)
        let isDone = try turns {
            for index in requests.indices where replies[index] == nil {
                do {
                    replies[index] = try clients[index].readReply(
                        within: .zero, bodiless: requests[index].method == "HEAD")
                } catch SocketError.timedOut { continue }
            }
            return replies.allSatisfy { $0 != nil }
        }
        guard isDone else { throw NoAnswer() }
        return replies.compactMap { $0 }
    }

    func buy(_ user: String, item: String = "demo", quantity: Int = 1, key: String? = nil) throws -> HTTPReply {
        try ask(.purchase(item: item, user: user, quantity: quantity, key: key))
    }

    func poll(_ ticket: String) throws -> HTTPReply { try ask(.poll(ticket)) }

    /// Creates or changes an item, over HTTP as an operator would.
    @discardableResult
    func put(_ item: String = "demo", _ fields: String = #"{"stock":100}"#) throws -> HTTPReply {
        let reply = try administer("PUT", "/admin/v1/items/\(item)", json: fields)
        try #require(reply.status == 201 || reply.status == 200, "\(reply)")
        return reply
    }

    /// Creates an item through another process than the server's.
    func putElsewhere(_ item: String = "demo", stock: Int64) throws {
        var change = ItemChange()
        (change.stock, change.queueLimit) = (stock, 1_000)
        let keys = try reference(item).keys
        _ = try result {
            other.put(keys, change, incarnation: 9, salt: [UInt8](repeating: 1, count: 16), completion: $0)
        }
    }

    /// Deletes an item by hand, as the manual says.
    func delete(_ item: String) throws {
        for key in try server.command("KEYS", "sluice:{\(item)}:*").split(separator: "\n") {
            try server.command("UNLINK", String(key))
        }
    }

    // MARK: Behind the server

    func result<Value>(_ call: (@escaping StoreCompletion<Value>) -> Void) throws -> Value {
        var result: Result<Value, StoreFailure>?
        call { result = $0 }
        guard turns(until: { result != nil }), let result else { throw NoAnswer() }
        return try result.get()
    }

    func reference(_ item: String = "demo") throws -> ItemReference {
        ItemReference(ItemKeys(try #require(ItemName(item))), incarnation: nil)
    }

    /// Takes up to `count` winners, as a worker does.
    @discardableResult
    func deduct(_ count: Int64, of item: String = "demo", hasSink: Bool = false) throws -> Deduction {
        let reference = try reference(item)
        return try result {
            other.deduct(count, from: reference, worker: "w-1", hasSink: hasSink, isAlone: true, completion: $0)
        }
    }

    /// Ends what `deduct` took, as the order sink would.
    func settle(_ taken: [FlightRecord], of item: String = "demo", _ outcome: Settlement.Outcome, note: String = "")
        throws
    {
        let reference = try reference(item)
        let ends = taken.map {
            Settlement(sequence: $0.sequence, attempt: $0.attempt, outcome: outcome, note: note)
        }
        _ = try result { other.settle(ends, of: reference, worker: "w-1", completion: $0) }
    }

    /// Lets purchases in through another process than the server's.
    func admit(_ users: [String], to item: String = "demo") throws -> AdmissionReply {
        var batch = AdmissionBatch()
        for user in users { batch.append(user: user.utf8.span, quantity: 1, keyDigest: 0, ticketKeyID: 1, tag: 0) }
        let reference = try reference(item)
        return try result { other.admit(batch, into: reference, completion: $0) }
    }

    func entry(_ item: String = "demo") throws -> ItemEntry? {
        publicServer.directory.entry(named: try #require(ItemName(item)))
    }

    /// What whole calls the store gets while `body` runs, as MONITOR lists them.
    func calls(_ body: () throws -> Void) throws -> [String] {
        let counter = try CallCounter(socketPath: server.socketPath)
        try body()
        return try counter.finish().filter { line in
            let line = line.lowercased()
            let isProbe = line.contains("\"evalsha\"") && line.hasSuffix("\"0\"")
            return !line.contains("\"ping\"") && !isProbe
        }
    }
}

/// Keeps what the module reports to its operator.
final class RecordingLog: QueueLog {
    var lines: [String] = []

    func rollback(item: ItemName, versions: Int64, sequences: Int64) { lines.append("rollback \(item)") }
    func gone(item: ItemName) { lines.append("gone \(item)") }
    func storeDown(reason: String) { lines.append("down") }
    func storeUp() { lines.append("up") }
    func storeEmptied() { lines.append("emptied") }
    func storeImpaired(_ impairment: Impairment) { lines.append("impaired \(impairment.cause.name)") }
    func storeRestored(_ impairment: Impairment, lasted: TimeSpan) {
        lines.append("restored \(impairment.cause.name)")
    }
    var audits: [AuditEntry] = []
    func audit(_ entry: AuditEntry) {
        audits.append(entry)
        lines.append("\(entry.action) \(entry.item)")
    }
    func loginFailed(peer: String, failures: UInt64, isSlowed: Bool) {
        lines.append("login_failed \(failures)\(isSlowed ? " slowed" : "")")
    }
}

extension QueueRig {
    /// The string of a ticket, signed by the server's own key.
    func ticket(_ ticket: Ticket, item: String = "demo") -> String {
        var text = ByteBuffer()
        publicServer.parts.codec.append(ticket, item: Array(item.utf8), to: &text)
        return String(decoding: text.bytes, as: UTF8.self)
    }

    /// The ticket of a purchase that came in through another process.
    func ticket(sequence: Int64, item: String = "demo") throws -> String {
        let reference = try reference(item)
        let snapshot = try result { other.inspect(reference.keys, completion: $0) }
        return ticket(
            Ticket(
                keyID: publicServer.parts.codec.currentKeyID, incarnation: snapshot.incarnation, sequence: sequence,
                quantity: 1,
                userTag: 0),
            item: item)
    }
}
