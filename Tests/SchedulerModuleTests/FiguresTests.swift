import Base
import Operations
import Testing

@testable import Domain
@testable import SchedulerModule

private let now = MonotonicInstant(nanoseconds: 1_000_000_000)

private func resource(_ kind: CapacityResource.Kind, _ name: String) -> CapacityResource {
    let state = CapacitySnapshot(
        mode: "latency", reason: .settled, window: 4, pace1000: nil, rate1000: 2_500, unloadedMicroseconds: 0,
        ceiling1000: 9_000, brokenAt: now)
    return CapacityResource(
        kind: kind, name: name, state: state, inFlight: 3, breaker: .halfOpen, littlesLawErrorPercent: 1.5,
        journal: CapacityJournal(began: now), timeBelow: kind == .group ? .milliseconds(4_250) : nil)
}

/// A group that settled a second after its beginning, and became slower 3 s later.
private func slowedGroup() -> CapacityResource {
    var group = resource(.group, "shop")
    for (second, reason) in [(Int64(0), CapacityReason.settled), (3, .slower)] {
        group.state.reason = reason
        group.journal.see(group.state, now: now + .seconds(1 + second))
    }
    group.journal.took(200_000)
    return group
}

@Test func `a leader describes groups first, then workers, and no more than have room`() {
    let workers = (0..<600).map { resource(.worker, "w\($0)") }
    let described = ResourceFigures.described(workers + [resource(.group, "shop")], now: now)
    #expect(described.count == NodeResource.mostDescribed)
    #expect(described.first?.name == "shop" && described.first?.isGroup == true && described.last?.name == "w498")
    var node = NodeDescription(id: "s", role: "scheduler", pid: 1, isReady: true)
    node.resources = described
    #expect(node.json.split(separator: #""last_changes":"#).count == 1 + NodeResource.mostWithChanges)
}

@Test func `a resource is written with all that was measured, null where nothing was`() {
    var node = NodeDescription(id: "s", role: "scheduler", pid: 1, isReady: true)
    node.resources = ResourceFigures.described([resource(.group, "shop")], now: now)
    let expected = #"""
        "resources":[{"kind":"group","name":"shop","mode":"latency","reason":"\#(CapacityReason.settled.rawValue)",\#
        "window":4,"in_flight":3,"pace_per_second":null,"rate_per_second":2.5,"base_us":null,"exec_p50_us":null,\#
        "exec_p99_us":null,"cap_per_second":null,"ceiling_per_second":9,\#
        "ceiling_reason":"errors at this rate: holds until some seconds pass without","ceiling_age_ms":0,\#
        "breaker":"half_open","littles_law_error_percent":1.5,\#
        "regime":{"age_ms":0,"changes":0,"call_us":null,"rate_per_second":null,"below_ms":4250},"last_changes":[]}]}
        """#
    #expect(node.json.hasSuffix(expected), "\(node.json)")
}

@Test func `a resource is written with its regime and its last changes, newest first, and read without them`() {
    var node = NodeDescription(id: "s", role: "scheduler", pid: 1, isReady: true)
    node.resources = ResourceFigures.described([slowedGroup()], now: now + .seconds(10))
    let expected = #"""
        "regime":{"age_ms":6000,"changes":1,"call_us":200000,"rate_per_second":null,"below_ms":4250},\#
        "last_changes":[\#
        {"age_ms":6000,"reason":"\#(CapacityReason.slower.rawValue)","window":4,"rate_per_second":2.5},\#
        {"age_ms":9000,"reason":"\#(CapacityReason.settled.rawValue)","window":4,"rate_per_second":2.5}]}]}
        """#
    #expect(node.json.hasSuffix(expected), "\(node.json)")
    let read = NodeDescription(json: node.json)?.resources?.first
    #expect(read?.name == "shop" && read?.breaker == "half_open")
}

@Test func `regime changes of workers and groups, and the time below of groups, are counters`() {
    var page = MetricsPage()
    ResourceFigures.add([slowedGroup(), resource(.worker, "w")], to: &page)
    var buffer = ByteBuffer(capacity: 65_536)
    page.append(to: &buffer)
    let text = String(decoding: buffer.bytes, as: UTF8.self)
    #expect(text.contains(#"sluice_capacity_regime_changes_total{kind="group",name="shop"} 1"#))
    #expect(text.contains(#"sluice_capacity_regime_changes_total{kind="worker",name="w"} 0"#))
    #expect(text.contains(#"sluice_capacity_below_seconds_total{kind="group",name="shop"} 4.25"#))
    #expect(!text.contains(#"sluice_capacity_below_seconds_total{kind="worker""#))
}

@Test func `a page measures groups and at most sixty workers`() {
    var page = MetricsPage()
    ResourceFigures.add((0..<70).map { resource(.worker, "w\($0)") } + [resource(.group, "shop")], to: &page)
    var buffer = ByteBuffer(capacity: 65_536)
    page.append(to: &buffer)
    let text = String(decoding: buffer.bytes, as: UTF8.self)
    #expect(text.split(separator: "\n").count { $0.hasPrefix("sluice_worker_window{") } == 60)
    #expect(text.contains("sluice_group_ceiling{group=\"shop\"} 9\n"))
}

@Test func `the item that stands still longest is a figure of its own`() throws {
    let stalled = try ["a", "b"].map { (item: try #require(ItemName($0)), time: TimeSpan.seconds(20)) }
    #expect(StallFigures.described(stalled).map(\.item) == ["a", "b"])
    var page = MetricsPage()
    StallFigures.add(stalled, to: &page)
    var buffer = ByteBuffer(capacity: 4096)
    page.append(to: &buffer)
    let text = String(decoding: buffer.bytes, as: UTF8.self)
    #expect(text.contains("sluice_stalled_seconds 20\n") && text.contains(#"sluice_item_stalled_seconds{item="b"} 20"#))
}

@Test func `holds that ended, how late, and clocks that part are figures`() {
    var lateness = Histogram()
    for milliseconds in [3, 40, 200] as [Int64] { lateness.record(milliseconds * 1_000) }
    var page = MetricsPage()
    HoldFigures.add(expired: 3, lateness: lateness, apart: .milliseconds(-3_500), to: &page)
    var buffer = ByteBuffer(capacity: 4_096)
    page.append(to: &buffer)
    let text = String(decoding: buffer.bytes, as: UTF8.self)
    #expect(text.contains("sluice_holds_expired_total 3\n"))
    #expect(text.contains("sluice_hold_expiry_lateness_seconds_bucket{le=\"0.05\"} 2\n"))
    #expect(text.contains("sluice_hold_expiry_lateness_seconds_count 3\n"))
    #expect(text.contains("sluice_pay_clock_apart_seconds -3.5\n"))
}

@Test func `a leader whose clock parts from that of Redis says so, and stays ready`() {
    #expect(SchedulerProcess.impaired(clocksApart: .zero).isEmpty)
    #expect(SchedulerProcess.impaired(clocksApart: .seconds(3)).first?.contains("3000 ms") == true)
    var node = NodeDescription(id: "s", role: "scheduler", pid: 1, isReady: true)
    node.add("clocks_apart_ms", -3_500)
    #expect(NodeDescription(json: node.json)?.figure("clocks_apart_ms") == -3_500)
}
