import Base
import Domain
import EventLoop
import Operations
import OutboundHTTP

@testable import SchedulerModule
@testable import Store

/// A loop in virtual time.
final class TestLoop: Loop {
    private(set) var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    private var agenda = Agenda<(token: Token, action: () -> Void)>()
    private var timers = Slab<Bool>()
    private var hooks: [() -> Void] = []

    var wallNow: WallInstant { WallInstant(milliseconds: 1_700_000_000_000 + now.nanoseconds / 1_000_000) }

    func schedule(at time: MonotonicInstant, _ action: @escaping () -> Void) -> Token {
        let token = timers.insert(true)
        agenda.add((token, action), at: max(time, now))
        return token
    }

    func cancel(_ timer: Token) { timers.remove(timer) }
    func beforeSleep(_ hook: @escaping () -> Void) { hooks.append(hook) }

    func run(for span: TimeSpan) {
        let end = now + span
        turn()
        while let (time, entry) = agenda.takeDue(end) {
            now = max(now, time)
            guard timers.remove(entry.token) != nil else { continue }
            entry.action()
            turn()
        }
        now = end
    }

    private func turn() { for hook in hooks { hook() } }
}

/// A store of webhooks, a feed, and shops, before a sender on a loop in virtual time.
final class WebhookRig: WebhookStore, ShopFeed, WebhookLog {
    let loop = TestLoop()
    private(set) var sender: WebhookSender!
    var isReady = true
    var term: Int64 = 1
    /// What reads of the settings get instead of an answer.
    var failsReads = false
    var saveAnswers: [Result<Store.WebhookSave, StoreFailure>] = []
    private(set) var webhooks: [Store.SentWebhook] = []
    private(set) var saves: [(name: String, changes: WebhookChanges, term: Int64)] = []
    var events: [ShopEvent] = []
    private(set) var states: [WebhookState] = []
    private(set) var lines: [String] = []
    private(set) var shops: [TestShop] = []

    init() {
        sender = WebhookSender(loop: loop, store: self, feed: self, seed: 1, log: self) { [unowned self] in
            let shop = TestShop(loop)
            shops.append(shop)
            return shop
        }
        sender.onStates = { [unowned self] in states = $0 }
    }

    func add(
        _ name: String, edition: String = "1", disabled: Bool = false, items: [String] = [],
        formerUntil: WallInstant? = nil
    ) {
        webhooks.removeAll { $0.view.name.description == name }
        let view = Store.WebhookView(
            name: WebhookName(name)!, url: "https://\(name)", filter: WebhookFilter(items: items),
            isDisabled: disabled, createdAt: loop.wallNow, formerSecretUntil: formerUntil,
            progress: saves.last { $0.name == name }?.changes.progress ?? WebhookProgress(cursor: ""))
        webhooks.append(
            Store.SentWebhook(view: view, mark: "m", edition: edition, secrets: Secret(["whsec_QUJD", "whsec_REVG"])))
    }

    func happen(_ count: Int, item: String = "i") {
        for _ in 0..<count {
            let number = events.count + 1
            events.append(
                ShopEvent(
                    id: "e\(number)", lane: "\(item)/\(number)", type: "sluice.ticket.sold", item: item,
                    sequence: Int64(number), body: Array("{}".utf8)))
        }
        sender.feedMoved()
    }

    func sentWebhooks(completion: @escaping StoreCompletion<(webhooks: [Store.SentWebhook], term: Int64)>) {
        loop.schedule(after: .milliseconds(1)) { [self] in
            completion(failsReads ? .failure(.outcomeUnknown) : .success((webhooks, term)))
        }
    }

    func letters(
        of name: WebhookName, areDead: Bool, after cursor: String?,
        completion: @escaping StoreCompletion<Store.WebhookLetters>
    ) {
        loop.schedule(after: .milliseconds(1)) { completion(.success(Store.WebhookLetters(events: [], next: nil))) }
    }

    func save(
        _ changes: WebhookChanges, of webhook: Store.SentWebhook, term: Int64,
        completion: @escaping StoreCompletion<Store.WebhookSave>
    ) {
        saves.append((webhook.view.name.description, changes, term))
        let answer = saveAnswers.isEmpty ? .success(.done) : saveAnswers.removeFirst()
        loop.schedule(after: .milliseconds(1)) { completion(answer) }
    }

    func events(
        after cursor: String, limit: Int, completion: @escaping (Result<ShopEventPage, StoreFailure>) -> Void
    ) {
        let first = cursor.isEmpty ? 0 : Int(cursor.dropFirst()) ?? 0
        let page = Array(events[first..<min(events.count, first + limit)])
        loop.schedule(after: .milliseconds(1)) { completion(.success(.events(page, next: page.last?.id ?? cursor))) }
    }

    func failing(_ name: WebhookName, reason: String) { lines.append("failing \(name): \(reason)") }
    func isBack(_ name: WebhookName) { lines.append("back \(name)") }
    func gone(_ name: WebhookName) { lines.append("gone \(name)") }
    func gaveUp(_ name: WebhookName, id: String, type: String, reason: String) { lines.append("gave up \(id)") }
    func missed(_ name: WebhookName) { lines.append("missed \(name)") }
    func notSaved(_ name: WebhookName, _ failure: StoreFailure) { lines.append("not saved \(name)") }
}

/// A shop that takes so long for each call.
final class TestShop: OutboundCalls {
    private let loop: TestLoop
    var time = TimeSpan.milliseconds(10)
    var answer = OutboundResult.success(OutboundReply(status: 200, body: []))
    private(set) var requests: [OutboundRequest] = []
    private(set) var underWay = 0

    init(_ loop: TestLoop) { self.loop = loop }

    var hasRoom: Bool { underWay < Limits.webhookCalls }

    func post(_ request: OutboundRequest, completion: @escaping (OutboundResult) -> Void) {
        requests.append(request)
        underWay += 1
        loop.schedule(after: time) { [self] in
            underWay -= 1
            completion(answer)
        }
    }

    func field(_ name: String, of index: Int) -> String? {
        requests[index].fields.first { $0.hasPrefix(name + ": ") }.map { String($0.dropFirst(name.count + 2)) }
    }
}
