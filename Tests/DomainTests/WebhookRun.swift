import Base
import Domain

/// A webhook in virtual time: a feed, the machine, a store that may lose answers, a receiver that may fail.
struct WebhookRun {
    struct Receipt: Equatable {
        var id: String
        var lane: String
        var at: MonotonicInstant
    }

    enum Step {
        case answered(String, WebhookDelivery.Outcome, generation: Int)
        case saved(WebhookChanges, isCarriedOut: Bool, isAnswered: Bool, generation: Int)
        case work
        case takeOver
    }

    private(set) var now = MonotonicInstant(nanoseconds: 0)
    private var agenda = Agenda<Step>()
    private(set) var machine: WebhookDelivery
    private var generation = 0
    private var random: SplitMix64
    private var unsaved: WebhookChanges?
    private var wakesAt: MonotonicInstant?
    private let filter: WebhookFilter

    // The store.
    private(set) var progress = WebhookProgress(cursor: "")
    private(set) var pending: [String: NotedEvent] = [:]
    private(set) var dead: [String: NotedEvent] = [:]
    // The feed, and what it no longer has.
    var feed: [ShopEvent] = []
    var trimmed = 0

    /// What the receiver does with a call, and how long it takes.
    var receive: (ShopEvent, MonotonicInstant, inout SplitMix64) -> (WebhookDelivery.Outcome, TimeSpan) = { _, _, _ in
        (.delivered, .milliseconds(5))
    }
    /// Chances in a hundred that a save is not carried out, and that its answer is lost.
    var lostSaves: Int64 = 0

    private(set) var receipts: [Receipt] = []
    private(set) var calls: [(id: String, at: MonotonicInstant)] = []
    private(set) var mostUnderWay = 0
    private var lanesUnderWay: Set<String> = []
    private(set) var violations: [String] = []

    init(seed: UInt64, filter: WebhookFilter = WebhookFilter()) {
        random = SplitMix64(seed: seed)
        self.filter = filter
        machine = WebhookDelivery(
            filter: filter, progress: progress, noted: [], seed: seed, now: now, wallNow: WallInstant(milliseconds: 1))
        agenda.add(.work, at: now)
    }

    var wallNow: WallInstant { WallInstant(milliseconds: 1 + now.nanoseconds / 1_000_000) }

    static func event(_ number: Int, lane: String, type: String = "sluice.ticket.sold") -> ShopEvent {
        ShopEvent(id: "e\(number)", lane: lane, type: type, item: "i", sequence: 1, body: Array("{}".utf8))
    }

    mutating func add(_ count: Int, lanes: Int) {
        for _ in 0..<count {
            let number = feed.count + 1
            feed.append(Self.event(number, lane: "i/\(random.below(Int64(lanes)))"))
        }
    }

    mutating func takeOver(at time: MonotonicInstant) { agenda.add(.takeOver, at: time) }

    /// The present leader is gone with all it knew; the next one reads the store.
    mutating func takeOver() {
        generation += 1
        unsaved = nil
        lanesUnderWay = []
        machine = WebhookDelivery(
            filter: filter, progress: progress, noted: Array(pending.values), seed: UInt64(generation), now: now,
            wallNow: wallNow)
    }

    /// An operator has it begin again.
    mutating func replay(after cursor: String) {
        (progress.cursor, progress.isReplaying) = (cursor, true)
        takeOver()
    }

    mutating func run(until end: MonotonicInstant) {
        work()
        while let (time, step) = agenda.takeDue(end) {
            now = max(now, time)
            perform(step)
            work()
        }
        now = end
    }

    private mutating func perform(_ step: Step) {
        switch step {
        case .work: wakesAt = nil
        case .takeOver: takeOver()
        case .answered(let id, let outcome, let sender):
            guard sender == generation else { return }
            if let number = Int(id.dropFirst()) { lanesUnderWay.remove(feed[number - 1].lane) }
            machine.ended(id, outcome, now: now, wallNow: wallNow)
        case .saved(let changes, let isCarriedOut, let isAnswered, let sender):
            guard sender == generation else { return }
            if isCarriedOut { save(changes) }
            if isAnswered {
                unsaved = nil
                machine.saved()
            } else {
                send(changes)
            }
        }
    }

    private mutating func save(_ changes: WebhookChanges) {
        for change in changes.changes {
            switch change {
            case .note(let event): pending[event.event.id] = event
            case .remove(let id): pending[id] = nil
            case .giveUp(let event):
                pending[event.event.id] = nil
                dead[event.event.id] = event
            }
        }
        progress = changes.progress
    }

    private mutating func send(_ changes: WebhookChanges) {
        let isCarriedOut = random.below(100) >= lostSaves
        let isAnswered = isCarriedOut && random.below(100) >= lostSaves
        agenda.add(
            .saved(changes, isCarriedOut: isCarriedOut, isAnswered: isAnswered, generation: generation),
            at: now + .milliseconds(1 + random.below(20)))
    }

    private mutating func work() {
        while let call = machine.nextCall(now: now) { send(call) }
        while machine.wantsEvents {
            let before = machine.readCursor
            machine.read(page(after: before))
            while let call = machine.nextCall(now: now) { send(call) }
            if machine.readCursor == before { break }
        }
        if unsaved == nil, let changes = machine.takeChanges(now: now, wallNow: wallNow) {
            unsaved = changes
            send(changes)
        }
        // While calls are under way the cursor may have to pass them.
        let next = machine.callsUnderWay > 0 ? now + .milliseconds(250) : machine.nextCallAt
        if let next, next > now, next < wakesAt ?? MonotonicInstant(nanoseconds: .max) {
            wakesAt = next
            agenda.add(.work, at: next)
        }
    }

    private func page(after cursor: String) -> ShopEventPage {
        let first = cursor.isEmpty ? 0 : (Int(cursor.dropFirst()) ?? 0)
        if first < trimmed { return .gone(oldest: "e\(trimmed)") }
        let events = feed[first..<min(feed.count, first + 100)]
        return .events(Array(events), next: events.last?.id ?? cursor)
    }

    private mutating func send(_ call: WebhookDelivery.Call) {
        calls.append((call.event.id, now))
        if !lanesUnderWay.insert(call.event.lane).inserted {
            violations.append("two calls of \(call.event.lane) at once")
        }
        mostUnderWay = max(mostUnderWay, machine.callsUnderWay)
        let (outcome, time) = receive(call.event, now, &random)
        if outcome == .delivered { receipts.append(Receipt(id: call.event.id, lane: call.event.lane, at: now)) }
        agenda.add(.answered(call.event.id, outcome, generation: generation), at: now + time)
    }

    /// What is wrong with the receipts: events that came neither here nor among the dead letters, and tickets whose
    /// events came first in another order than that of the feed.
    func faults(of events: [ShopEvent]? = nil) -> [String] {
        var found = violations
        var first: [String: Int] = [:]
        for (place, receipt) in receipts.enumerated() where first[receipt.id] == nil { first[receipt.id] = place }
        var last: [String: Int] = [:]
        for event in events ?? feed {
            guard let place = first[event.id] else {
                if dead[event.id] == nil { found.append("\(event.id) was lost") }
                continue
            }
            if let before = last[event.lane], before > place { found.append("\(event.id) passed one of \(event.lane)") }
            last[event.lane] = place
        }
        return found
    }
}
