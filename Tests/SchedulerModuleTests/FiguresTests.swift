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
        kind: kind, name: name, state: state, inFlight: 3, breaker: .halfOpen, littlesLawErrorPercent: 1.5)
}

@Test func `a leader describes groups first, then workers, and no more than have room`() {
    let workers = (0..<600).map { resource(.worker, "w\($0)") }
    let described = ResourceFigures.described(workers + [resource(.group, "shop")], now: now)
    #expect(described.count == NodeResource.mostDescribed)
    #expect(described.first?.name == "shop" && described.first?.isGroup == true && described.last?.name == "w498")
}

@Test func `a resource is written with all that was measured, null where nothing was`() {
    var node = NodeDescription(id: "s", role: "scheduler", pid: 1, isReady: true)
    node.resources = ResourceFigures.described([resource(.group, "shop")], now: now)
    let expected = #"""
        "resources":[{"kind":"group","name":"shop","mode":"latency","reason":"\#(CapacityReason.settled.rawValue)",\#
        "window":4,"in_flight":3,"pace_per_second":null,"rate_per_second":2.5,"base_us":null,"exec_p50_us":null,\#
        "exec_p99_us":null,"cap_per_second":null,"ceiling_per_second":9,\#
        "ceiling_reason":"errors at this rate: holds until 20 s pass without","ceiling_age_ms":0,\#
        "breaker":"half_open","littles_law_error_percent":1.5}]}
        """#
    #expect(node.json.hasSuffix(expected), "\(node.json)")
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
