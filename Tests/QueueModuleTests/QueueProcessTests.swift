import Base
import Domain
import HTTPServer
import Operations
import TestKit
import Testing

@testable import QueueModule
@testable import Store

private func impairment(_ cause: Impairment.Cause) -> Impairment {
    Impairment(
        cause: cause, reason: "MISCONF no disk", script: "admit", stopsReads: false,
        since: MonotonicInstant(nanoseconds: 0))
}

@Test func `what all loops see the store refuse is one line, and so is its end`() {
    let (pipe, shared) = (LogPipe(), SharedImpairments())
    let log = Log(level: .info, node: "q", descriptor: pipe.writer)
    let loops = (0..<3).map { _ in QueueEvents(log: log, impairments: shared) }
    for loop in loops { loop.storeImpaired(impairment(.disk)) }
    loops[0].storeImpaired(impairment(.memory))
    for loop in loops { loop.storeRestored(impairment(.disk), lasted: .seconds(2)) }
    let lines = pipe.lines()
    #expect(lines.count == 3)
    #expect(
        lines.first?.contains(#""event":"store_impaired","node":"q","cause":"misconf","reason":"MISCONF no"#) == true)
    #expect(lines.last?.contains(#""event":"store_restored","node":"q","cause":"misconf","lasted_ms":2000"#) == true)
}

@Test func `every program writes the same lines of its store`() throws {
    let pipe = LogPipe()
    let log = Log(level: .info, node: "q", descriptor: pipe.writer)
    let events = QueueEvents(log: log, impairments: SharedImpairments())
    let item = try #require(ItemName("demo"))
    events.storeDown(reason: "refused")
    events.storeUp()
    events.rollback(item: item, versions: 2, sequences: 1)
    events.gone(item: item)
    events.storeEmptied()
    let names = pipe.lines().compactMap { $0.firstMatch(of: /"event":"([a-z_]+)"/).map { String($0.output.1) } }
    #expect(names == ["store_down", "store_up", "store_rolled_back", "item_gone", "store_emptied"])
}

@Test func `answers are handed on when the last of them is there`() {
    var handedOn: [[Int]] = []
    let gathering = Gathering<Int>(expected: 2) { handedOn.append($0) }
    gathering.add(3)
    #expect(handedOn.isEmpty)
    gathering.add(4)
    #expect(handedOn == [[3, 4]])
}

@Test func `the page has the sum of the loops, and a cause that one of them sees`() {
    var (one, two) = (QueueFigures(), QueueFigures())
    (one.accepted, two.accepted) = (3, 4)
    (one.emptied, two.emptied) = (1, 1)
    one.refused[QueueFigures.PurchaseRefusal.soldOut.rawValue] = 5
    two.impairments = [.memory]
    var page = MetricsPage()
    QueueMetrics.write([LoopFigures(counted: one, items: []), LoopFigures(counted: two, items: [])], to: &page)
    var buffer = ByteBuffer(capacity: 4096)
    page.append(to: &buffer)
    let text = String(decoding: buffer.bytes, as: UTF8.self)
    for line in [
        #"sluice_purchases_total{outcome="accepted"} 7"#, #"sluice_purchases_total{outcome="sold_out"} 5"#,
        #"sluice_store_impaired{cause="oom"} 1"#, #"sluice_store_impaired{cause="misconf"} 0"#,
        "sluice_store_emptied_total 1", #"sluice_http_responses_total{route="poll",status="2xx"} 0"#,
    ] { #expect(text.contains("\n\(line)\n"), "\(line)") }
}

@Test func `a queue process needs its key and its token, and promises no replica`() {
    func problems(_ arguments: [String]) -> [String] {
        let surroundings = Surroundings(arguments: arguments, environment: [:], cores: 1) { _, _ in .failure("") }
        guard case .refuse(let problems) = QueueConfiguration.schema.load(surroundings) else { return [] }
        return problems.map(\.subject)
    }
    let secrets = [
        "--ticket-key", String(repeating: "0a", count: 32), "--admin-token", String(repeating: "t", count: 32),
    ]
    #expect(problems([]) == ["--ticket-key", "--admin-token"])
    #expect(problems(secrets).isEmpty)
    #expect(problems(secrets + ["--durability", "replicated"]) == ["--durability"])
}

private func settings(_ arguments: [String]) throws -> QueueSettings {
    let secrets = [
        "--ticket-key", String(repeating: "0a", count: 32), "--admin-token", String(repeating: "t", count: 32),
    ]
    let surroundings = Surroundings(arguments: secrets + arguments, environment: [:], cores: 4) { _, _ in .failure("") }
    guard case .run(let values) = QueueConfiguration.schema.load(surroundings) else { throw CancellationError() }
    return try QueueSettings(values)
}

@Test func `loops share the connections, and a budget of 0 is no bound`() throws {
    let usual = try settings([])
    #expect(usual.loops == 4 && usual.limits.connections == 2_500 && usual.pollBudget == 20_000 && !usual.isSafe)
    #expect(usual.node == "queue-\(RunningProcess.id)" && usual.metricsToken == nil && usual.keys.count == 1)
    let other = try settings([
        "--loops=3", "--max-connections=2", "--poll-budget-per-second=0", "--durability=safe", "--node-name=q-1",
    ])
    #expect(other.limits.connections == 1 && other.pollBudget == nil && other.isSafe && other.node == "q-1")
}

@Test(arguments: [(5_000, 1_000, 3_500), (2_000, 400, 500), (1_000, 200, 0), (0, 0, 0), (60_000, 1_000, 58_500)])
func `a stop gives balancers their notice, then ends what is under way in time`(
    limit: Int64, notice: Int64, drain: Int64
) {
    let times = QueueProcess.StopTimes(within: .milliseconds(limit))
    #expect(times.notice == .milliseconds(notice) && times.drain == .milliseconds(drain))
    #expect(times.notice + times.drain <= .milliseconds(limit))
}
