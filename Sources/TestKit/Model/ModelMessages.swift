import Base
public import Domain
import EventLoop
public import Store

/// The messages of the store as one process receives them; they may be lost, doubled, late and out of order.
public final class ModelMessages: WorkerMessages, SchedulerMessages {
    public enum Channel: Equatable, Sendable {
        case changes, reports
        case grants(worker: String)
    }

    private let world: VirtualWorld
    private let loop: VirtualLoop
    private let faults: ModelFaults
    let channels: [Channel]
    public private(set) var isFollowing = false
    private var subscriptions = 0
    private var lastDelivery = MonotonicInstant(nanoseconds: 0)
    /// Messages that could not be read: a bug of their writers.
    public private(set) var unreadable = 0

    public var onFollowing: (() -> Void)?
    public var onDown: ((String) -> Void)?
    public var onGrants: (([Grant]) -> Void)?
    public var onRetries: ((RetryGrant) -> Void)?
    public var onReaped: (() -> Void)?
    public var onNotification: ((ChangeNotification) -> Void)?
    public var onUnreadableNotification: (() -> Void)?
    public var onReport: ((WorkerReport) -> Void)?

    /// For checks: grants arrived, before the worker takes them in.
    public var onGrantsReceived: (([Grant]) -> Void)?

    public init(_ world: VirtualWorld, loop: VirtualLoop, store: ModelStore, faults: ModelFaults, channels: [Channel]) {
        self.world = world
        self.loop = loop
        self.faults = faults
        self.channels = channels
        store.join(self)
    }

    public func start() { subscribe(after: .microseconds(300)) }

    /// The connection is lost; another one is there soon.
    public func cut() {
        guard isFollowing else { return }
        isFollowing = false
        subscriptions += 1
        loop.schedule(after: .nanoseconds(1)) { [weak self] in self?.onDown?("lost") }
        subscribe(after: .milliseconds(1 + world.below(1_000)))
    }

    private func subscribe(after wait: TimeSpan) {
        loop.schedule(after: wait) { [weak self] in
            self?.isFollowing = true
            self?.onFollowing?()
        }
    }

    func published(_ payload: [UInt8], on channel: Channel) {
        let mayFail = !faults.isOver(world.now)
        guard isFollowing, loop.isAlive, !(mayFail && world.happens(faults.lostPerMille)) else { return }
        let isDoubled = mayFail && world.happens(faults.doubledPerMille)
        for _ in 0..<(isDoubled ? 2 : 1) {
            var at = max(lastDelivery, world.now + .microseconds(100 + world.below(200)))
            if mayFail && world.happens(faults.delayedPerMille) {
                at = at + world.moment(in: faults.longestDelay)
            } else {
                lastDelivery = at
            }
            let subscription = subscriptions
            loop.schedule(at: at) { [weak self] in
                if let self, subscriptions == subscription { receive(payload, on: channel) }
            }
        }
    }

    private func receive(_ payload: [UInt8], on channel: Channel) {
        switch channel {
        case .changes:
            guard let notification = ChangeNotification(payload: payload) else { return unreadable += 1 }
            onNotification?(notification)
        case .reports:
            guard let report = WorkerReport.decode(payload) else { return unreadable += 1 }
            onReport?(report)
        case .grants:
            if payload == Array(ModelLink.reapedMessage.utf8) {
                onReaped?()
            } else if let retries = RetryGrant.decode(payload) {
                onRetries?(retries)
            } else if let grants = Grant.decode(payload) {
                onGrantsReceived?(grants)
                onGrants?(grants)
            } else {
                unreadable += 1
            }
        }
    }
}
