public import Base
public import EventLoop

/// Listens to channels of the store on a connection of its own. Belongs to its loop's thread.
///
/// The store keeps no messages: whatever was published while the connection was down is lost, and so the caller reads
/// the state afresh each time `onSubscribed` is called.
public final class RedisSubscriber {
    public var onMessage: ((_ channel: String, _ payload: [UInt8]) -> Void)?
    /// Called when all channels are confirmed: after each connect, and after `add`.
    public var onSubscribed: (() -> Void)?
    /// Called when a complete subscription ends, and when attempts fail for another reason than the one before.
    public var onDown: ((DownReason) -> Void)?
    /// Whether all channels are confirmed.
    public private(set) var isReady = false
    /// Why it is not; nil while it is, and before the first attempt has ended.
    public private(set) var downReason: DownReason?

    /// The server of the present connection, or of the last one.
    public private(set) var identity: ServerIdentity?

    private let loop: EventLoop
    private let endpoint: RedisEndpoint
    private let options: RedisOptions
    private let link: RedisLink
    private var subscription: Subscription
    private var handshake: Handshake?
    private var isOpen = false  // the handshake has ended
    private var liveness: Liveness
    private var checkTimer: Token?

    /// - Parameter channels: exact names, no patterns; may be empty.
    public init(loop: EventLoop, endpoint: RedisEndpoint, channels: [String], options: RedisOptions = .init()) {
        self.loop = loop
        self.endpoint = endpoint
        self.options = options
        subscription = Subscription(channels: channels)
        liveness = Liveness(keepAlive: options.keepAlive, deadline: options.deadline, now: loop.now)
        link = RedisLink(loop: loop, endpoint: endpoint, options: options)
    }

    deinit { close() }

    /// Begins to connect, from the next turn on and for ever. Further calls do nothing.
    public func start() { link.start(for: self) }

    /// Ends the connection and stops trying; `onDown` is not called.
    public func close() {
        link.close()
        forgetConnection()
    }

    /// Gives the connection up where it leads to another server than that of `runID`, and connects anew.
    ///
    /// A demoted primary keeps its listeners, and passes on what it receives from its successor, for as long as it
    /// does.
    public func disconnect(unlessAt runID: String) {
        guard let identity, isOpen, identity.runID != runID else { return }
        link.fail(.lost("the store is another server now"))
    }

    /// Listens to one more channel, from `onSubscribed` on; nothing when it is listened to already.
    public func add(_ channel: String) {
        guard subscription.add(channel) else { return }
        isReady = false
        if isOpen { subscribe([channel]) }
    }

    private func subscribe(_ channels: [String]) { _ = link.write { $0.command(["SUBSCRIBE"] + channels) } }

    private func forgetConnection() {
        isReady = false
        isOpen = false
        handshake = nil
        if let checkTimer { loop.cancel(checkTimer) }
        checkTimer = nil
    }

    private func check() {
        checkTimer = nil
        var action = liveness.check(now: loop.now)
        if action == .ping {
            _ = link.write { $0.command(["PING"]) }
            action = liveness.check(now: loop.now)
        }
        guard case .wait(let time) = action else { return link.fail(.silent) }
        checkTimer = loop.schedule(at: time) { [weak self] in self?.check() }
    }
}

extension RedisSubscriber: RedisLinkOwner {
    func linkOpened() {
        handshake = link.begin(Handshake(endpoint: endpoint, name: options.name, scripts: []))
    }

    private func opened(_ server: ServerIdentity) {
        handshake = nil
        identity = server
        isOpen = true
        liveness = Liveness(keepAlive: options.keepAlive, deadline: options.deadline, now: loop.now)
        subscription.restart()
        if subscription.channels.isEmpty { completed() } else { subscribe(subscription.channels) }
    }

    private func completed() {
        isReady = true
        downReason = nil
        link.markReady()
        if checkTimer == nil { check() }
        onSubscribed?()
    }

    func linkReceived(_ reply: RedisValue) {
        if handshake != nil {
            switch handshake?.handle(reply) {
            case .done(let server, _): opened(server)
            case .failed(let reason): link.fail(reason)
            case .waiting, nil: break
            }
            return
        }
        liveness.received(now: loop.now)
        switch subscription.handle(reply) {
        case .none: break
        case .message(let channel, let payload): onMessage?(channel, payload)
        case .complete: completed()
        case .failed(let reason): link.fail(reason)
        }
    }

    func linkDown(_ reason: DownReason) {
        let isNew = isReady || downReason != reason
        forgetConnection()
        downReason = reason
        if isNew { onDown?(reason) }
    }
}
