import Base
import Domain
public import EventLoop
public import OutboundHTTP
public import Store

// DESIGN
// One sender a cluster: it works while its process leads, on a loop and a thread of its own, with its own connection to
// the store, so that a slow shop never slows the drain. Every webhook has connections of its own, so that a slow shop
// does not slow another one. What it saves names its term, and the store refuses it once a later one began; and it
// sends nothing once its term was not confirmed for `Limits.webhookFence`, as after a standstill.

/// Sends the events of the feed to all webhooks, while this process leads. Belongs to its loop's thread.
public final class WebhookSender {
    private let loop: any Loop
    private let store: any WebhookStore
    private let feed: any ShopFeed
    private let makeCalls: () -> any OutboundCalls
    private let log: any WebhookLog
    private var random: SplitMix64
    private var term: Int64?
    private var confirmedAt: MonotonicInstant
    private var runners: [WebhookRunner] = []  // by name
    private var retired: [WebhookRunner] = []
    private var clients: [String: any OutboundCalls] = [:]
    /// Webhooks that nothing is sent to.
    private var silent: [Store.WebhookView] = []
    private var counts: [String: WebhookFigures] = [:]  // of runners that ended
    private var mustWork = false
    private var isWatching = false
    private lazy var timer = OneTimer(loop: loop) { [unowned self] in mustWork = true }
    /// Called with how all stand, every so often.
    public var onStates: ([WebhookState]) -> Void = { _ in }

    /// - Parameters:
    ///   - makeCalls: connections to one more receiver.
    ///   - seed: of everything random.
    public init(
        loop: any Loop, store: any WebhookStore, feed: any ShopFeed, seed: UInt64, log: any WebhookLog,
        makeCalls: @escaping () -> any OutboundCalls
    ) {
        (self.loop, self.store, self.feed, self.log, self.makeCalls) = (loop, store, feed, log, makeCalls)
        random = SplitMix64(seed: seed)
        confirmedAt = loop.now
        loop.beforeSleep { [unowned self] in workIfNeeded() }
    }

    /// This process leads from now on.
    public func begin(term: Int64) {
        end()
        self.term = term
        confirmedAt = loop.now
        watch(term)
        tick(term)
    }

    /// This process leads no more. What is under way ends without effect.
    public func end() {
        term = nil
        timer.set(nil)
        for runner in runners { drop(runner) }
        runners = []
        silent = []
        onStates([])
    }

    /// Saves what there is to save, so that the next leader repeats little, then calls `completion`.
    public func stop(completion: @escaping () -> Void) {
        for runner in runners {
            runner.retire()
            runner.work(maySend: false)
        }
        let deadline = loop.now + Limits.webhookSaved
        func wait() {
            guard !runners.allSatisfy(\.isSaved), loop.now < deadline else {
                end()
                return completion()
            }
            loop.schedule(after: .milliseconds(5)) { wait() }
        }
        wait()
    }

    /// The feed has something new.
    public func feedMoved() {
        for runner in runners { runner.feedMoved() }
        mustWork = true
    }

    // MARK: Settings

    private func watch(_ begun: Int64) {
        guard term == begun else { return }
        loop.schedule(after: Limits.webhookWatch) { [weak self] in self?.watch(begun) }
        guard store.isReady, !isWatching else { return }
        isWatching = true
        let sent = loop.now
        store.sentWebhooks { [weak self] result in
            guard let self else { return }
            isWatching = false
            // unheard: it is read again in a second, and without it nothing is sent soon
            guard term == begun, case .success(let found) = result else { return }
            guard found.term <= begun else { return end() }
            confirmedAt = sent
            arrange(found.webhooks, term: begun)
        }
    }

    private func arrange(_ webhooks: [Store.SentWebhook], term: Int64) {
        retired.removeAll { $0.isIdle }
        silent = []
        var kept: [WebhookRunner] = []
        for webhook in webhooks {
            let name = webhook.view.name
            let runner = runners.first { $0.webhook.view.name == name }
            if let runner, !runner.isRetired, runner.webhook.isSame(as: webhook), !webhook.isSilent {
                runner.update(webhook)
                kept.append(runner)
                continue
            }
            if webhook.isSilent {
                silent.append(webhook.view)
                continue
            }
            // Not before what the last one had under way has ended, so that no event passes another one of its ticket.
            if let runner {
                runner.retire()
                guard runner.isIdle else {
                    kept.append(runner)
                    continue
                }
                drop(runner)
            }
            guard !retired.contains(where: { $0.webhook.view.name == name }) else { continue }
            kept.append(makeRunner(webhook, term: term))
        }
        for runner in runners where !kept.contains(where: { $0 === runner }) { drop(runner) }
        runners = kept
        let names = Set(webhooks.map(\.view.name.description))
        clients = clients.filter { names.contains($0.key) }
        counts = counts.filter { names.contains($0.key) }
        mustWork = true
    }

    private func makeRunner(_ webhook: Store.SentWebhook, term: Int64) -> WebhookRunner {
        let name = webhook.view.name.description
        let calls = clients[name] ?? makeCalls()
        clients[name] = calls
        let runner = WebhookRunner(
            webhook, term: term, loop: loop, store: store, feed: feed, calls: calls, seed: random.next(), log: log)
        runner.onWork = { [weak self] in self?.mustWork = true }
        runner.onFenced = { [weak self] in self?.end() }
        return runner
    }

    private func drop(_ runner: WebhookRunner) {
        runner.retire()
        counts[runner.webhook.view.name.description, default: WebhookFigures()].add(runner.figures)
        if !runner.isIdle { retired.append(runner) }
    }

    // MARK: Work

    private func tick(_ begun: Int64) {
        guard term == begun else { return }
        mustWork = true
        showStates()
        loop.schedule(after: Limits.webhookSaved) { [weak self] in self?.tick(begun) }
    }

    private func workIfNeeded() {
        guard mustWork, term != nil else { return }
        mustWork = false
        let maySend = loop.now - confirmedAt < Limits.webhookFence
        for runner in runners { runner.work(maySend: maySend) }
        // What is due and was not done waits for something else: a call that ends, or the next tick.
        timer.set(runners.compactMap(\.nextWorkAt).filter { $0 > loop.now }.min())
    }

    private func showStates() {
        var states = runners.map { $0.state(now: loop.now) }
        states += silent.map { WebhookState($0, counts: WebhookFigures()) }
        for index in states.indices {
            if let before = counts[states[index].name] { states[index].counts.add(before) }
        }
        onStates(states.sorted { $0.name < $1.name })
    }
}

extension Store.SentWebhook {
    fileprivate var isSilent: Bool { view.isDisabled || view.progress.isGone }

    fileprivate func isSame(as other: Store.SentWebhook) -> Bool { mark == other.mark && edition == other.edition }
}

extension WebhookFigures {
    fileprivate mutating func add(_ other: WebhookFigures) {
        delivered += other.delivered
        failed += other.failed
        dead += other.dead
    }
}
