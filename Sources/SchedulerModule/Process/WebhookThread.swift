import Base
import Domain
import EventLoop
import Operations
import OutboundHTTP
import Store

/// The thread on which webhooks are sent: a loop, a connection to the store and connections to shops of its own, beside
/// the thread that schedules. It begins when this process leads and there is a webhook.
final class WebhookThread {
    private struct Shown: Sendable {
        var states: [WebhookState] = []
        var at = MonotonicInstant(nanoseconds: 0)
    }

    private let home: EventLoop
    private let store: Store  // of the home loop
    private let options: StoreOptions
    private let log: Log
    private let shown = Locked(Shown())
    private var sender: LoopBound<WebhookSender>?
    private var thread: LoopThread?
    private var term: Int64?
    private var began: MonotonicInstant

    init(home: EventLoop, store: Store, options: StoreOptions, log: Log) {
        (self.home, self.store, self.options, self.log) = (home, store, options, log)
        began = home.now
    }

    /// Looks for webhooks, as long as there were none and this process leads in this term.
    private func look(_ wanted: Int64) {
        guard thread == nil, term == wanted else { return }
        store.webhookNames { [weak self] result in
            // unheard: a failure is no webhook seen, so it looks again
            guard let self, case .success(let names) = result, !names.isEmpty else { return }
            if thread == nil, term == wanted { start() }
        }
        home.schedule(after: Limits.webhooksLooked) { [weak self] in self?.look(wanted) }
    }

    private func start() {
        began = home.now
        let start = Start(options: options, log: log, shown: shown, home: LoopBound(self, on: home))
        thread = LoopThread { @Sendable in WebhookThread.serve(start) }
    }

    /// This process leads in this term; nil: it does not lead.
    func lead(term: Int64?) {
        self.term = term
        began = home.now
        sender?.post { if let term { $0.begin(term: term) } else { $0.end() } }
        if let term { look(term) }
    }

    /// Saves what there is to save, then calls `completion`; at the latest after a moment.
    func stop(completion: @escaping () -> Void) {
        guard let sender, term != nil else { return completion() }
        term = nil
        var isDone = false
        let finish = LoopBound(
            {
                if !isDone { completion() }
                isDone = true
            }, on: home)
        home.schedule(after: Limits.webhookSaved * 2) { finish.post { $0() } }
        sender.post { $0.stop { finish.post { $0() } } }
    }

    /// How all webhooks stand; empty while this process does not lead.
    var states: [WebhookState] { term == nil ? [] : shown.withLock { $0.states } }

    /// For how long the thread has shown nothing, while this process leads.
    var silence: TimeSpan {
        guard term != nil, thread != nil else { return .zero }
        let last = shown.withLock { $0.at }
        return home.now - max(last, began)
    }

    // MARK: The thread

    private struct Start: Sendable {
        let options: StoreOptions
        let log: Log
        let shown: Locked<Shown>
        let home: LoopBound<WebhookThread>
    }

    private static func serve(_ start: Start) {
        do {
            let loop = try EventLoop()
            let store = Store(loop: loop, options: start.options)
            let sender = WebhookSender(
                loop: loop, store: store, feed: StoredFeed(store), seed: .random(in: .min ... .max),
                log: WebhookEvents(log: start.log)
            ) { OutboundHTTP(loop: loop, connections: Limits.webhookCalls) }
            let shown = start.shown
            sender.onStates = { [unowned loop] states in
                let now = loop.now
                shown.withLock { $0 = Shown(states: states, at: now) }
            }
            let listener = StoreListener(loop: loop, options: start.options, topics: [.feed])
            listener.onPointed = { [unowned sender] in sender.feedMoved() }
            listener.onFollowing = { [unowned sender] in sender.feedMoved() }
            store.accompany(with: listener)
            store.start()
            listener.start()
            add(sender, on: loop, to: start.home)
            loop.run()
        } catch {
            start.log.error("loop_failed", ["reason": .text("\(error)")])
            start.log.flush()
            RunningProcess.fail()
        }
    }

    private static func add(_ sender: WebhookSender, on loop: EventLoop, to home: LoopBound<WebhookThread>) {
        let bound = LoopBound(sender, on: loop)
        home.post { home in
            home.sender = bound
            if let term = home.term { bound.post { $0.begin(term: term) } }
        }
    }
}
