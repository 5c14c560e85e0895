import Base
public import Domain
public import EventLoop
import RedisClient

/// The messages of the store, over a connection of its own.
public final class StoreListener {
    public enum Topic: Sendable {
        /// What the scripts changed.
        case changes
        /// That there is more in the feed of all items.
        case feed
        /// What workers report.
        case reports
        /// Grants for one worker.
        case grants(worker: String)
    }

    public var onNotification: ((ChangeNotification) -> Void)?
    /// A message on the channel of changes that can't be read: some item changed, unknown which.
    public var onUnreadableNotification: (() -> Void)?
    public var onReport: ((WorkerReport) -> Void)?
    public var onPointed: (() -> Void)?
    public var onGrants: (([Grant]) -> Void)?
    public var onRetries: ((RetryGrant) -> Void)?
    /// This worker was taken for dead, and what it held was taken back.
    public var onReaped: (() -> Void)?
    /// Messages are followed from now on; what came before may have been missed.
    public var onFollowing: (() -> Void)?
    public var onDown: ((String) -> Void)?

    private let subscriber: RedisSubscriber
    private let changeChannel: String
    private let reportChannel: String
    private let feedChannel: String

    public init(loop: EventLoop, options: StoreOptions, topics: [Topic]) {
        let database = options.endpoint.database
        changeChannel = ControlKeys.changes(database: database)
        reportChannel = ControlKeys.reports(database: database)
        feedChannel = ControlKeys.feed(database: database)
        let channels = topics.map { topic in
            switch topic {
            case .changes: ControlKeys.changes(database: database)
            case .feed: ControlKeys.feed(database: database)
            case .reports: ControlKeys.reports(database: database)
            case .grants(let worker): ControlKeys.grants(to: worker)
            }
        }
        subscriber = RedisSubscriber(
            loop: loop, endpoint: options.endpoint, channels: channels, options: options.redisOptions)
        subscriber.onSubscribed = { [unowned self] in onFollowing?() }
        subscriber.onDown = { [unowned self] reason in onDown?(reason.description) }
        subscriber.onMessage = { [unowned self] channel, payload in receive(channel, payload) }
    }

    public func start() { subscriber.start() }
    public func close() { subscriber.close() }
    public var isFollowing: Bool { subscriber.isReady }

    func disconnect(unlessAt runID: String) { subscriber.disconnect(unlessAt: runID) }

    private func receive(_ channel: String, _ payload: [UInt8]) {
        switch channel {
        case changeChannel:
            if let notification = ChangeNotification(payload: payload) {
                onNotification?(notification)
            } else {
                onUnreadableNotification?()
            }
        case feedChannel: onPointed?()
        case reportChannel:
            if let report = WorkerReport.decode(payload) { onReport?(report) }
        default:
            if payload.elementsEqual(ControlKeys.reapedMessage.utf8) { onReaped?() }
            if let retries = RetryGrant.decode(payload) { onRetries?(retries) }
            if let grants = Grant.decode(payload) { onGrants?(grants) }
        }
    }
}
