import Base
import EventLoop
import HTTPServer
import Operations
import Sodium
import Store

/// The settings of a queue process, and how it makes the server of a loop.
struct QueueSettings: Sendable {
    private let values: ConfigurationValues
    let node: String
    let log: Log
    /// Fingerprints of the ticket keys.
    let keys: [String]
    private let impairments = SharedImpairments()
    /// The buyer's page; nil: none.
    private let page: PageFiles?

    init(_ values: ConfigurationValues) throws(FolderFiles.Refusal) {
        self.values = values
        page =
            switch values[KnownOptions.page] {
            case .builtIn: .builtIn
            case .off: nil
            case .folder(let path): try PageFiles(folder: path)
            }
        node = values.optional(KnownOptions.nodeName) ?? "queue-\(RunningProcess.id)"
        log = Log(level: values[KnownOptions.logLevel], node: node)
        keys = values[KnownOptions.ticketKey].exposed.all.map { Sodium.Secret.fingerprint($0) }
    }

    var loops: Int { Int(values[KnownOptions.loops]) }
    var listen: ListenAddress { values[KnownOptions.listen] }
    var adminListen: ListenAddress { values[KnownOptions.adminListen] }
    var adminToken: [UInt8] { Array(values[KnownOptions.adminToken].exposed.utf8) }
    var metricsToken: [UInt8]? { values.optional(KnownOptions.metricsToken).map { Array($0.exposed.utf8) } }
    /// Where archives of items are written; nil: nowhere.
    var archiveFolder: String? { values.optional(KnownOptions.archiveFolder) }
    /// After which archived items are deleted; nil: never.
    var retention: TimeSpan? {
        let hours = values[KnownOptions.retention]
        return hours > 0 ? .seconds(Int64(hours) * 3_600) : nil
    }
    var isSafe: Bool { values[KnownOptions.durability] == .safe }
    var drain: TimeSpan { values[KnownOptions.drain] }

    /// Polls a second of all who wait; nil: no bound.
    var pollBudget: Int64? {
        let bound = values[KnownOptions.pollBudget]
        return bound > 0 ? Int64(bound) : nil
    }

    var limits: ServerLimits {
        var limits = ServerLimits.publicListener
        limits.connections = max(1, Int(values[KnownOptions.maxConnections] / values[KnownOptions.loops]))
        return limits
    }

    /// Streams that one loop keeps open at once.
    private var streams: Int {
        let declared = Int(values[KnownOptions.maxStreams])
        let most = declared > 0 ? declared : Int(values[KnownOptions.maxConnections]) * 4 / 5
        return max(1, most / loops)
    }

    func makeServer(on loop: EventLoop) throws -> PublicServer {
        let ring = try TicketKeyRing(values[KnownOptions.ticketKey].exposed.all)
        var options = try StoreOptions(url: values[KnownOptions.redisURL])
        options.clientName = node
        return PublicServer(
            loop: loop, storeOptions: options, authenticator: ring,
            log: QueueEvents(log: log, impairments: impairments), seed: UInt64.random(in: .min ... .max),
            batchLimit: Int(values[KnownOptions.batch]), pollsPerSecond: pollBudget, streams: streams, page: page,
            origins: values.optional(KnownOptions.allowOrigin) ?? [])
    }

    func open(_ server: PublicServer, port: UInt16, onReady: @escaping () -> Void) throws(SystemError) {
        try server.start(address: listen.host, port: port, limits: limits, onReady: onReady)
    }
}
