import Base
import Domain
import EventLoop
import OrderTable
import Sodium
import TestKit
import Testing

@testable import Store
@testable import WorkerModule

final class SinkNotes: SinkLog {
    var downs: [String] = []
    var ups = 0
    var failed: [String] = []
    var unanswered = 0
    func sinkDown(reason: String) { downs.append(reason) }
    func sinkUp() { ups += 1 }
    func batchFailed(purchases: Int, reason: String) { failed.append(reason) }
    func ordersUnanswered(purchases: Int) { unanswered += purchases }
}

/// A sink before a schema of its own, on a loop that the test turns.
final class PostgresRig {
    let loop: EventLoop
    let server: PostgresServerProcess
    let url: String
    let sink: PostgresSink
    let notes = SinkNotes()
    let codec: TicketCodec
    let tickets: TicketMaker
    let worker = WorkerNotes()
    /// Whether every order that wants a permit gets it.
    var isGenerous = true
    /// What the store says; nil: it does not answer.
    var incarnation: UInt64? = 9
    var looks = 0
    var finished: [FinishedOrder] = []
    var calls: [SinkCall] = []

    init(
        _ server: PostgresServerProcess? = nil, connections: Int = 2, deadline: TimeSpan = .seconds(2),
        inDoubtAfter: TimeSpan = .seconds(900), creation: String = OrderTable.creation
    ) throws {
        loop = try EventLoop()
        self.server = try server ?? PostgresServerProcess.shared()
        url = try self.server.makeSchema()
        if !creation.isEmpty { try self.server.sql(creation, in: url) }
        let ring = try TicketKeyRing([[UInt8](repeating: 7, count: 32)])
        codec = TicketCodec(authenticator: ring)
        var options = try OrderTableOptions(url: url, name: "sink tests")
        options.connections = connections
        options.deadline = deadline
        tickets = TicketMaker(loop: loop, ring: ring, log: worker)
        var rule = CircuitBreaker.Settings()
        rule.mode = .alertOnly
        let gate = BreakerDriver(loop: loop, group: "shop", settings: rule, log: worker)
        var settings = PostgresSink.Settings(table: options, group: SinkGroup(name: "shop", capPerSecond: nil))
        settings.inDoubtAfter = inDoubtAfter
        sink = PostgresSink(loop: loop, settings: settings, breaker: gate, tickets: tickets, seed: 1, log: notes)
        tickets.connect { [unowned self] _, records, completion in
            looks += 1
            guard let incarnation else { return completion(.failure(.unreachable)) }
            completion(
                .success(
                    Store.Identification(
                        incarnation: incarnation, salt: [UInt8](repeating: 3, count: 16),
                        keyIDs: records.map { _ in ring.currentKeyID })))
        }
        sink.onFinished = { [unowned self] in finished += $0 }
        sink.onCalls = { [unowned self] in calls += $0 }
        // A scheduler that lets everything out.
        loop.beforeSleep { [unowned self] in
            guard isGenerous, sink.retriesWanted > 0 else { return }
            loop.schedule(after: .milliseconds(1)) { [unowned self] in sink.permit(retries: sink.retriesWanted) }
        }
    }

    func start() -> OrderTable.Check? {
        var check: OrderTable.Check?
        loop.turn(waitAtMost: .zero)  // so that its clock is of now, and not of before the test waited for something
        sink.start(patience: .seconds(20)) { check = $0 }
        _ = turns { check != nil }
        return check
    }

    func order(
        _ sequence: Int64, user: String? = nil, attempt: UInt8 = 1, wasInDoubt: Bool = false
    ) throws -> PlacedOrder {
        let user = SevenBitText.packed(user ?? "u\(sequence)")
        // Attempt, quantity, time, key digest, user.
        let record = [attempt, 0, 1] + [0, 0, 1, 0x9A, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 7) + user
        return PlacedOrder(
            item: try #require(ItemName("demo")),
            record: try #require(FlightRecord(sequence: Array("\(sequence)".utf8), record: record)), takenAt: loop.now,
            wasInDoubt: wasInDoubt, grantedAt: wasInDoubt ? nil : loop.now)
    }

    func place(_ sequences: ClosedRange<Int64>) throws { sink.place(try sequences.map { try order($0) }) }

    /// Runs turns until `condition` holds; false when it does not within `limit`.
    func turns(atMost limit: TimeSpan = .seconds(20), until condition: () -> Bool) -> Bool {
        loop.turns(atMost: limit, until: condition)
    }

    func sql(_ text: String) throws -> String { try server.sql(text, in: url) }
    var outcomes: [Int64: Settlement.Outcome] {
        Dictionary(finished.map { ($0.order.record.sequence, $0.outcome) }) { first, _ in first }
    }
}
