import Testing

@testable import CommandLineModule

private let demo = """
    {"item":"demo","state":"open","stock_total":100,"stock_left":40,"held":0,"sold":60,"waiting":7,"queue_limit":300,
     "opens_at":null,"closes_at":null,"server_time":"2026-01-01T00:00:00Z","drain_per_second":12}
    """

@Test func `status shows why the server is not ready and ends with 3`() throws {
    let server = StandInServer([
        "GET /readyz": (503, #"{"ready":false,"reasons":["store unreachable"]}"#),
        "GET /admin/v1/items": (200, #"{"items":[]}"#),
        "GET /admin/v1/nodes": (200, #"{"nodes":[{"name":"queue-1","role":"queue","health":"ok","pid":7}]}"#),
    ])
    let paper = Paper()
    #expect(try run("status", on: server, paper: paper) == .problemFound)
    #expect(paper.lines.prefix(2) == ["NOT READY http://127.0.0.1:8080", "  store unreachable"])
    #expect(paper.lines.last == "queue-1  queue  ok      -     7    -")
}

private let led = #"{"nodes":[{"name":"queue-1","role":"queue","health":"alive","pid":7}],"leader":"scheduler-1"}"#

@Test func `status begins with the cause, shows what to do, and ends with 3`() throws {
    let health = #"""
        {"ok":false,"troubles":[{"code":"no-leader","severity":"problem","text":"nobody leads","remedy":"start one"},
         {"code":"frozen","severity":"problem","text":"item a is frozen","remedy":"look"},
         {"code":"versions","severity":"warning","text":"versions differ","remedy":"upgrade"}]}
        """#
    let server = StandInServer([
        "GET /readyz": (200, #"{"ready":true,"reasons":[]}"#), "GET /admin/v1/health": (200, health),
        "GET /admin/v1/items": (200, #"{"items":[]}"#), "GET /admin/v1/nodes": (200, led),
    ])
    let paper = Paper()
    #expect(try run("status", on: server, paper: paper) == .problemFound)
    #expect(
        paper.lines.prefix(5) == [
            "PROBLEM  nobody leads", "  → start one", "also  item a is frozen", "  → look", "warning  versions differ",
        ])
    #expect(try run("status --json", on: server, paper: paper) == .problemFound)
    #expect(paper.lines.last?.contains(#""cause":"nobody leads""#) == true)
}

@Test func `a warning alone leaves status at 0`() throws {
    let health = #"{"ok":true,"troubles":[{"code":"versions","severity":"warning","text":"differ","remedy":"x"}]}"#
    let server = StandInServer([
        "GET /readyz": (200, #"{"ready":true,"reasons":[]}"#), "GET /admin/v1/health": (200, health),
        "GET /admin/v1/items": (200, #"{"items":[]}"#), "GET /admin/v1/nodes": (200, led),
    ])
    let paper = Paper()
    #expect(try run("status", on: server, paper: paper) == .done)
    #expect(paper.lines.prefix(2) == ["ready http://127.0.0.1:8080", "warning  differ"])
}

@Test func `while Redis is away status names Redis, lists the nodes as they were, and never sends back to itself`()
    throws
{
    let health =
        #"{"ok":false,"troubles":[{"code":"store-away","severity":"problem","text":"Redis can't be reached"}]}"#
    let away = (503, #"{"title":"The store can't be reached","code":"store-unavailable","retry_after_ms":1000}"#)
    var answers = [
        "GET /readyz": (503, #"{"ready":false,"reasons":["store: refused"]}"#), "GET /admin/v1/health": (200, health),
        "GET /admin/v1/items": (200, #"{"items":[],"stale":true,"age_ms":5}"#),
        "GET /admin/v1/nodes": (200, String(led.dropLast()) + #","stale":true,"age_ms":5}"#),
    ]
    let paper = Paper()
    #expect(try run("status", on: StandInServer(answers), paper: paper) == .problemFound)
    #expect(paper.lines.prefix(2) == ["PROBLEM  Redis can't be reached", "NOT READY http://127.0.0.1:8080"])
    #expect(paper.lines.last?.hasPrefix("queue-1") == true)
    // A server of an earlier release has neither health nor nodes then; its readiness says enough.
    answers["GET /admin/v1/health"] = (404, "{}")
    answers["GET /admin/v1/nodes"] = away
    let other = Paper()
    #expect(try run("status", on: StandInServer(answers), paper: other) == .problemFound)
    #expect(other.lines.prefix(2) == ["NOT READY http://127.0.0.1:8080", "  store: refused"])
    answers["GET /readyz"] = (200, #"{"ready":true,"reasons":[]}"#)
    let failure = #expect(throws: Failure.self) { try run("status", on: StandInServer(answers), paper: Paper()) }
    #expect(failure?.hint == nil && failure?.problems.contains { $0.contains("store-unavailable") } == true)
}

@Test func `lists that are what was known last show that above the table`() throws {
    let server = StandInServer([
        "GET /admin/v1/items": (200, #"{"items":[\#(demo)],"next_cursor":null,"stale":true,"age_ms":5000}"#),
        "GET /admin/v1/nodes": (200, String(led.dropLast()) + #","stale":true,"age_ms":5000}"#),
    ])
    for line in ["item ls", "node ls", "capacity"] {
        let paper = Paper()
        #expect(try run(line, on: server, paper: paper) == .done)
        #expect(paper.lines.first == "Redis is away: this is how it was 5 s ago", "\(line)")
    }
}
