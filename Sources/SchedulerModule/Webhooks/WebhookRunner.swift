import Base
import Domain
import EventLoop
import Operations
import OutboundHTTP
import Store

/// Performs what `WebhookDelivery` decides for one webhook: reads the feed, makes the calls, saves what came of them.
final class WebhookRunner {
    private let loop: any Loop
    private let store: any WebhookStore
    private let feed: any ShopFeed
    private let calls: any OutboundCalls
    private let term: Int64
    private let seed: UInt64
    private let log: any WebhookLog
    private(set) var webhook: Store.SentWebhook
    private var machine: WebhookDelivery?
    private var loaded: [NotedEvent] = []
    private var loadedIDs: Set<String> = []
    private var isReading = false
    private var mayReadAt: MonotonicInstant
    private var unsaved: WebhookChanges?
    private var isSaving = false
    private var savedAt: MonotonicInstant
    private var wasFailing = false
    /// Since when the store's part of it can't be read, and why.
    private var unread: (since: MonotonicInstant, why: StoreFailure)?
    /// No call begins any more; what is under way ends.
    private(set) var isRetired = false

    /// A later leader sends now.
    var onFenced: () -> Void = {}

    init(
        _ webhook: Store.SentWebhook, term: Int64, loop: any Loop, store: any WebhookStore, feed: any ShopFeed,
        calls: any OutboundCalls, seed: UInt64, log: any WebhookLog
    ) {
        (self.webhook, self.term, self.loop, self.store, self.feed) = (webhook, term, loop, store, feed)
        (self.calls, self.seed, self.log) = (calls, seed, log)
        (mayReadAt, savedAt) = (loop.now, loop.now)
        load(after: nil)
    }

    /// Nothing of it is under way any more.
    var isIdle: Bool { (machine?.callsUnderWay ?? 0) == 0 && !isSaving }

    /// What could be saved is saved.
    var isSaved: Bool { !isSaving && unsaved == nil }

    /// The same webhook as it was read again; its secrets may be others.
    func update(_ webhook: Store.SentWebhook) { self.webhook = webhook }

    func retire() { isRetired = true }

    // MARK: Loading

    private func load(after cursor: String?) {
        store.letters(of: webhook.view.name, areDead: false, after: cursor) { [weak self] result in
            guard let self, !isRetired else { return }
            switch result {
            case .failure(let failure):
                cannotRead(failure)
                loop.schedule(after: Limits.webhookSaved) { [weak self] in self?.load(after: cursor) }
            case .success(let page):
                unread = nil
                for event in page.events where loadedIDs.insert(event.event.id).inserted { loaded.append(event) }
                guard let next = page.next else { return begin() }
                load(after: next)
            }
        }
    }

    private func begin() {
        machine = WebhookDelivery(
            filter: webhook.view.filter, progress: webhook.view.progress, noted: loaded, seed: seed, now: loop.now,
            wallNow: loop.wallNow)
        (loaded, loadedIDs) = ([], [])
        work(maySend: true)
    }

    // MARK: Work

    /// The feed has something new, or may have.
    func feedMoved() { mayReadAt = loop.now }

    /// Does what is due. Called when something ended, and every so often.
    func work(maySend: Bool) {
        guard machine != nil, !isRetired else { return save(isLast: isRetired) }
        if maySend { send() }
        read()
        save(isLast: false)
    }

    /// When it wants to be called again though nothing happens.
    var nextWorkAt: MonotonicInstant? { isRetired ? nil : machine?.nextCallAt }

    private func send() {
        while calls.hasRoom, let call = machine?.nextCall(now: loop.now) {
            let request = WebhookMessage.make(
                call.event, to: webhook.view.url, secrets: webhook.secrets(now: loop.wallNow), now: loop.wallNow)
            calls.post(request) { [weak self] result in self?.ended(call, WebhookMessage.outcome(result)) }
        }
    }

    private func ended(_ call: WebhookDelivery.Call, _ outcome: WebhookDelivery.Outcome) {
        let dead = machine?.figures.dead
        machine?.ended(call.event.id, outcome, now: loop.now, wallNow: loop.wallNow)
        guard let machine else { return }
        let name = webhook.view.name
        if machine.figures.dead != dead {
            log.gaveUp(name, id: call.event.id, type: call.event.type, reason: machine.lastReason)
        }
        if case .gone = outcome { log.gone(name) }
        let isFailing = machine.isDown
        if isFailing != wasFailing {
            wasFailing = isFailing
            if isFailing { log.failing(name, reason: machine.lastReason) } else { log.isBack(name) }
        }
        onWork()
    }

    /// Something ended, so more may begin.
    var onWork: () -> Void = {}

    // MARK: Feed

    private func read() {
        guard let machine, machine.wantsEvents, !isReading, mayReadAt <= loop.now, store.isReady else { return }
        isReading = true
        mayReadAt = loop.now + Limits.webhookPoll
        let cursor = machine.readCursor
        feed.events(after: cursor, limit: Limits.webhookPage) { [weak self] result in
            guard let self else { return }
            isReading = false
            let page: ShopEventPage
            switch result {
            case .failure(let failure): return cannotRead(failure)
            case .success(let read): (page, unread) = (read, nil)
            }
            if case .gone = page { log.missed(webhook.view.name) }
            self.machine?.read(page)
            // Where it got further there may be more.
            if self.machine?.readCursor != cursor { mayReadAt = loop.now }
            onWork()
        }
    }

    private func cannotRead(_ failure: StoreFailure) {
        unread = (unread?.since ?? loop.now, failure)
    }

    // MARK: Saving

    private func save(isLast: Bool) {
        guard !isSaving, store.isReady else { return }
        if unsaved == nil {
            let isPressed = machine.map { !$0.wantsEvents } ?? false
            guard isLast || isPressed || loop.now - savedAt >= Limits.webhookSaved else { return }
            unsaved = machine?.takeChanges(now: loop.now, wallNow: loop.wallNow)
        } else if loop.now - savedAt < Limits.webhookSaved {
            return
        }
        guard let changes = unsaved else { return }
        (isSaving, savedAt) = (true, loop.now)
        store.save(changes, of: webhook, term: term) { [weak self] result in self?.saved(result) }
    }

    private func saved(_ result: Result<Store.WebhookSave, StoreFailure>) {
        isSaving = false
        switch result {
        case .success(.done):
            unsaved = nil
            machine?.saved()
            onWork()
        case .success(.fenced):
            isRetired = true
            onFenced()
        case .success(.changed):
            // The settings are read again within a second, and then it begins anew.
            isRetired = true
        case .failure(let failure):
            // Saved again, as it was: carried out twice it does no harm.
            if !failure.isImpairment, failure != .unreachable, failure != .outcomeUnknown {
                log.notSaved(webhook.view.name, failure)
            }
        }
    }

    // MARK: Shown

    var figures: WebhookFigures { machine?.figures ?? WebhookFigures() }

    func state(now: MonotonicInstant) -> WebhookState {
        var state = WebhookState(webhook.view, counts: figures)
        if let machine {
            state.failing = machine.failingSince.map { now - $0 } ?? .zero
            state.reason = machine.lastReason
            state.undelivered = machine.undelivered
            state.isFull = machine.notedCount >= Limits.webhookPending
            state.isGone = machine.isGone
            state.gaps = machine.gaps
        }
        if let unread, now - unread.since > state.failing {
            (state.failing, state.reason) = (now - unread.since, "the store can't be read: \(unread.why)")
        }
        return state
    }
}
