import Base
import Domain
import EventLoop
import Sodium
import TestKit
import Testing

@testable import OutboundHTTP
@testable import Store
@testable import WorkerModule

/// A webhook sink on a loop that the test turns, before a server that answers as the test wants.
final class SinkRig {
    static let key = [UInt8]("a key of twenty-four bytes".utf8)
    static let incarnation: UInt64 = 0x0102_0304_0506_0708
    static let salt = [UInt8](repeating: 9, count: 16)
    static let ticketKey = [UInt8](repeating: 5, count: 32)

    let loop: EventLoop
    let sink: WebhookSink
    let gate: BreakerDriver
    let tickets: TicketMaker
    let log = WorkerNotes()
    let calls = Locked<[MisbehavingServer.Call]>([])
    let server: MisbehavingServer
    let ring: TicketKeyRing
    var finished: [FinishedOrder] = []
    var endedCalls: [SinkCall] = []
    var handedOver: [Int] = []  // sizes
    /// Whether every call that wants a permit gets it.
    var isGenerous = true
    /// The key that the store says signed the tickets.
    var keyID: UInt8?
    /// What the next calls for that fail with; the last one first.
    var identifyFailures: [StoreFailure] = []

    init(
        _ change: (inout WebhookSink.Settings) -> Void = { _ in },
        connections: Int = 64,
        breaker: (inout CircuitBreaker.Settings) -> Void = { _ in },
        answer: @escaping @Sendable (MisbehavingServer.Call) -> MisbehavingServer.Answer
    ) throws {
        loop = try EventLoop()
        let calls = calls
        server = try MisbehavingServer { call in
            calls.withLock { $0.append(call) }
            return answer(call)
        }
        var settings = WebhookSink.Settings(
            url: server.url + "/orders", key: Self.key, group: SinkGroup(name: "shop", capPerSecond: nil))
        settings.timeout = .seconds(5)
        settings.retry.soon = .milliseconds(2)
        settings.retry.later = .milliseconds(5)
        settings.retry.latest = .milliseconds(20)
        change(&settings)
        var rule = CircuitBreaker.Settings()
        rule.mode = .alertOnly
        breaker(&rule)
        gate = BreakerDriver(loop: loop, group: "shop", settings: rule, log: log)
        ring = try TicketKeyRing([Self.ticketKey])
        keyID = ring.currentKeyID
        tickets = TicketMaker(loop: loop, ring: ring, log: log)
        let http = OutboundHTTP(loop: loop, connections: connections)
        sink = WebhookSink(
            loop: loop, http: http, settings: settings, breaker: gate, tickets: tickets, seed: 1, log: log)
        tickets.connect { [unowned self] _, records, completion in
            if let failure = identifyFailures.popLast() { return completion(.failure(failure)) }
            completion(
                .success(
                    Store.Identification(
                        incarnation: Self.incarnation, salt: Self.salt, keyIDs: records.map { _ in keyID })))
        }
        sink.onFinished = { [unowned self] in
            finished += $0
            handedOver.append($0.count)
        }
        sink.onCalls = { [unowned self] in endedCalls += $0 }
        loop.beforeSleep { [unowned self] in
            guard isGenerous, sink.retriesWanted > 0 else { return }
            loop.schedule(after: .milliseconds(1)) { [unowned self] in sink.permit(retries: sink.retriesWanted) }
        }
    }

    static func order(_ sequence: Int64, wasInDoubt: Bool = false) throws -> PlacedOrder {
        // Attempt 2, quantity 3, admitted at one second, no key.
        let record: [UInt8] = [2, 0, 3, 0, 0, 0, 0, 0, 0, 0x03, 0xE8, 0, 0, 0, 0, 0, 0, 0]
        return PlacedOrder(
            item: try #require(ItemName("demo")),
            record: try #require(
                FlightRecord(
                    sequence: Array("\(sequence)".utf8), record: record + SevenBitText.packed("user-\(sequence)"))),
            takenAt: MonotonicInstant(nanoseconds: 0), wasInDoubt: wasInDoubt)
    }

    /// - Parameter paidFor: how old their grant is not yet, whatever the machine does meanwhile.
    func place(
        _ sequences: ClosedRange<Int64>, wasInDoubt: Bool = false, paidFor: TimeSpan = .seconds(60)
    ) throws {
        loop.turn(waitAtMost: .zero)  // so that its clock is of now
        sink.place(
            try sequences.map { sequence in
                var order = try Self.order(sequence, wasInDoubt: wasInDoubt)
                if !wasInDoubt { order.grantedAt = loop.now + (paidFor - Limits.grantPays) }
                return order
            })
    }

    /// Runs turns until `condition` holds; false when it does not within 30 s.
    func turns(until condition: () -> Bool) -> Bool {
        let end = EventLoop.readMonotonicClock() + .seconds(30)
        while !condition() {
            guard EventLoop.readMonotonicClock() < end else { return false }
            loop.turn(waitAtMost: .milliseconds(10))
        }
        return true
    }

    func turns(for span: TimeSpan) {
        let end = EventLoop.readMonotonicClock() + span
        while EventLoop.readMonotonicClock() < end { loop.turn(waitAtMost: .milliseconds(2)) }
    }

    func turns(untilFinished count: Int) -> Bool { turns { finished.count >= count } }

    /// Permits so many calls, and again where the machine stood still until it lapsed; true once they went out.
    func permit(for count: Int) -> Bool {
        let (called, wanted) = (seen.count, sink.retriesWanted)
        return turns {
            if seen.count == called, sink.retriesWanted == wanted { sink.permit(retries: count) }
            return seen.count >= called + min(count, wanted)
        }
    }

    var seen: [MisbehavingServer.Call] { calls.withLock { $0 } }
    var outcomes: [Settlement.Outcome] {
        finished.sorted { $0.order.record.sequence < $1.order.record.sequence }.map(\.outcome)
    }
}

/// What a worker reported.
final class WorkerNotes: WorkerLog {
    var breaker: [BreakerState] = []
    var reasons: [String] = []
    var keyMissing = 0
    var deleted = 0
    var doubts = 0
    var revived = 0
    var failures: [StoreFailure] = []

    func fenced(item: ItemName, purchases: Int) {}
    func itemDeleted(_ item: ItemName, purchases: Int, confirmed: Int) { deleted += purchases }
    func failed(_ call: String, item: ItemName, _ failure: StoreFailure) { failures.append(failure) }
    func notListed(_ failure: StoreFailure) { failures.append(failure) }
    func enlisted(sink: SinkKind) {}
    func sinkDiffers(reason: String) { reasons.append(reason) }
    func breakerChanged(group: String, to state: BreakerState, isTripped: Bool, seen: (calls: Int64, bad: Int64)) {
        breaker.append(state)
    }
    func unanswered(group: String, reason: String) { reasons.append(reason) }
    func ticketKeyMissing(item: ItemName, purchases: Int) { keyMissing += purchases }
    func inDoubt(item: ItemName, purchases: Int) { doubts += purchases }
    func revived(item: ItemName, purchases: Int) { revived += purchases }
    func storeDown(reason: String) {}
    func storeUp() {}
    func rollback(item: ItemName, versions: Int64, sequences: Int64) {}
    func gone(item: ItemName) {}
    func storeEmptied() {}
    func storeImpaired(_ impairment: Impairment) {}
    func storeRestored(_ impairment: Impairment, lasted: TimeSpan) {}
}

let confirmed = MisbehavingServer.Answer.reply(status: 200, body: #"{"status":"confirmed","order":"o-1"}"#)
