import Base
import Domain
import Operations
import Testing

@testable import SchedulerModule

private func items(_ seconds: Int64...) throws -> [(item: ItemName, time: TimeSpan)] {
    try seconds.enumerated().map { (item: try #require(ItemName("i\($0)")), time: .seconds($1)) }
}

@Test func `a new leader misses no worker before every one of them may have reported`() {
    #expect(SchedulerProcess.impaired(ledFor: .milliseconds(2_999), liveWorkers: 0, stalled: []).isEmpty)
    #expect(
        SchedulerProcess.impaired(ledFor: Limits.firstReports, liveWorkers: 0, stalled: []) == ["no worker is heard of"]
    )
    #expect(SchedulerProcess.impaired(ledFor: .seconds(60), liveWorkers: 1, stalled: []).isEmpty)
}

@Test func `the three items that stand still longest are named, once they do for long enough`() throws {
    let impaired = SchedulerProcess.impaired(
        ledFor: .seconds(60), liveWorkers: 1, stalled: try items(40, 30, 20, 15, 14))
    #expect(impaired == [40, 30, 20].enumerated().map { "item i\($0) stands still for \($1) s" })
    #expect(SchedulerProcess.impaired(ledFor: .zero, liveWorkers: 1, stalled: try items(14)).isEmpty)
}

@Test func `a scheduler takes the options of its row in the catalogue`() {
    #expect(
        SchedulerConfiguration.schema.options.map(\.name)
            == ["redis-url", "ops-listen", "lease-ms", "events-retention-hours", "log-level", "node-name"])
}
