import Testing

@testable import CommandLineModule

private let demo = """
    {"item":"demo","state":"open","stock_total":100,"stock_left":40,"held":0,"sold":60,"waiting":7,"queue_limit":300,
     "opens_at":null,"closes_at":null,"server_time":"2026-01-01T00:00:00Z","drain_per_second":12}
    """

@Test func `items are a table, page after page`() throws {
    let server = StandInServer([
        "GET /admin/v1/items": (200, #"{"items":[\#(demo)],"next_cursor":"d/1"}"#),
        "GET /admin/v1/items?cursor=d%2F1": (
            200, #"{"items":[{"item":"evil\u001b[2J","state":"paused"}],"next_cursor":null}"#
        ),
    ])
    let paper = Paper()
    #expect(try run("item ls", on: server, paper: paper) == .done)
    #expect(
        paper.lines == [
            "ITEM           STATE   STOCK  LEFT  HELD  SOLD  WAITING  LIMIT  PER SECOND",
            "demo           open    100    40    0     60    7        300    12",
            #"evil\u{1b}[2J  paused  -      -     -     -     -        -      -"#,
        ])
    #expect(server.requests.allSatisfy { $0.token?.count == 40 })
}

@Test func `a put sends what was given, and null for none`() throws {
    let server = StandInServer(["PUT /admin/v1/items/demo": (201, demo)])
    let line = "item put demo --stock 5 --per-user-units none --opens-at 2026-01-01T00:00:00Z --yes"
    #expect(try run(line, on: server, paper: Paper()) == .done)
    #expect(
        server.requests.last?.body?.text == #"{"opens_at":"2026-01-01T00:00:00Z","per_user_units":null,"stock":5}"#)
}

@Test func `a dry run sends nothing and shows no token`() throws {
    let (server, paper) = (StandInServer([:]), Paper())
    #expect(try run("item close demo --dry-run", on: server, paper: paper) == .done)
    #expect(server.requests.isEmpty)
    #expect(
        paper.lines == [
            "POST http://127.0.0.1:8081/admin/v1/items/demo/close", "Authorization: Bearer ***",
            "Idempotency-Key: (a new one for each command)",
        ])
}

@Test(arguments: [
    ("item close demo", "POST /admin/v1/items/demo/close"), ("item put demo --stock 5", "PUT /admin/v1/items/demo"),
    ("item put demo --closes-at 2020-01-01T00:00:00Z", "PUT /admin/v1/items/demo"),
])
func `a destructive act wants the item's name`(line: String, call: String) throws {
    let server = StandInServer(["GET /admin/v1/items/demo": (200, demo), call: (200, demo)])
    let paper = Paper()
    for answer in [nil, "", "yes", "Demo"] {
        paper.answer = answer
        #expect(throws: Failure.self) { try run(line, on: server, paper: paper) }
    }
    #expect(server.requests.allSatisfy { $0.method == "GET" })
    paper.answer = "demo"
    #expect(try run(line, on: server, paper: paper) == .done)
    #expect(server.requests.last?.method != "GET")
}

@Test(arguments: [
    "item pause demo", "item put demo --stock 100", "item put demo --stock 101", "item put demo --weight 2",
    "item put demo --closes-at 2200-01-01T00:00:00Z",
])
func `what loses nothing does not ask`(line: String) throws {
    let server = StandInServer([
        "GET /admin/v1/items/demo": (200, demo), "PUT /admin/v1/items/demo": (200, demo),
        "POST /admin/v1/items/demo/pause": (200, demo),
    ])
    let paper = Paper()
    #expect(try run(line, on: server, paper: paper) == .done)
    #expect(paper.complaints.isEmpty)
}

@Test func `a change without an answer is sent again with the same key, and the next command has another`() throws {
    let done = StandInServer(["POST /admin/v1/items/demo/restock": (200, demo)])
    for _ in 1...2 { _ = try run("item restock demo --units 5", on: done, paper: Paper()) }
    let keys = done.requests.map(\.key)
    #expect(keys.count == 2 && Set(keys).count == 2 && keys.allSatisfy { $0?.count == 32 })

    let away = StandInServer(["POST /admin/v1/items/demo/restock": (503, #"{"code":"store-unavailable"}"#)])
    #expect(throws: Failure.self) { try run("item restock demo --units 5", on: away, paper: Paper()) }
    #expect(away.requests.count == 3 && Set(away.requests.map(\.key)).count == 1)

    let refusing = StandInServer(["POST /admin/v1/items/demo/restock": (409, #"{"code":"stock-limit"}"#)])
    #expect(throws: Failure.self) { try run("item restock demo --units 5", on: refusing, paper: Paper()) }
    #expect(refusing.requests.count == 1)
}

@Test func `what stops the drain is shown beside the state`() throws {
    func shown(_ state: String, _ more: String) throws -> String {
        let answer = #"{"items":[{"item":"demo","state":"\#(state)",\#(more)}]}"#
        let paper = Paper()
        _ = try run("item ls", on: StandInServer(["GET /admin/v1/items": (200, answer)]), paper: paper)
        return paper.lines.last?.split(separator: " ", omittingEmptySubsequences: true).dropFirst().prefix { $0 != "-" }
            .joined(separator: " ") ?? ""
    }
    #expect(try shown("open", #""paused":false,"holding":false"#) == "open")
    #expect(try shown("open", #""paused":false,"holding":true"#) == "open, on hold")
    #expect(try shown("paused", #""paused":true,"holding":true"#) == "paused")
    #expect(try shown("closed", #""paused":true,"holding":false"#) == "closed, paused")
}

@Test func `leaving the queue asks for the name of the ticket's item`() throws {
    let server = StandInServer([
        "GET /v1/tickets/T1": (200, #"{"item":"demo","state":"queued"}"#), "DELETE /v1/tickets/T1": (204, ""),
    ])
    let paper = Paper()
    paper.answer = "demo"
    #expect(try run("ticket cancel T1", on: server, paper: paper) == .done)
    #expect(paper.complaints.contains("demo (now queued)"))
    #expect(server.requests.map(\.method) == ["GET", "DELETE"])
    #expect(server.requests.allSatisfy { $0.token == nil })
}

@Test func `a refusal shows the server's detail and what to do next`() {
    let problem = #"{"title":"Unauthorized","status":401,"code":"unauthorized","detail":"no \u001b[31mtoken"}"#
    let server = StandInServer(["GET /admin/v1/items/demo": (401, problem)])
    let failure = #expect(throws: Failure.self) { try run("item show demo", on: server, paper: Paper()) }
    #expect(failure?.code == .failed)
    #expect(failure?.lines.first == #"sluice: Unauthorized: no \u{1b}[31mtoken (401 unauthorized)"#)
    #expect(failure?.hint?.contains("SLUICE_ADMIN_TOKEN") == true)
}

@Test func `without a token nothing is sent and the exit is 64`() {
    let server = StandInServer([:])
    let failure = #expect(throws: Failure.self) {
        guard
            case .run(let invocation) = try ArgumentParser(environment: [:]).parse([
                "item", "ls", "--data", "/nonexistent",
            ])
        else { return }
        let runner = CommandRunner(invocation, environment: [:], transport: server, console: Paper().console)
        _ = try runner.run()
    }
    #expect(failure?.code == .badConfiguration)
    #expect(server.requests.isEmpty)
}

@Test func `the demo's item is made once and never changed`() throws {
    let fresh = StandInServer(["PUT /admin/v1/items/demo": (201, demo)])
    try Demo(publicURL: "http://h:1", adminURL: "http://h:2", token: "t").make(fresh)
    #expect(fresh.requests.map(\.method) == ["GET", "PUT"])
    #expect(fresh.requests.last?.body?.text == #"{"stock":100}"#)
    let known = StandInServer(["GET /admin/v1/items/demo": (200, demo)])
    try Demo(publicURL: "http://h:1", adminURL: "http://h:2", token: "t").make(known)
    #expect(known.requests.map(\.method) == ["GET"])
}

@Test func `settings are shown a field a line, and as JSON`() throws {
    let server = StandInServer(["GET /admin/v1/settings": (200, #"{"poll_budget_per_second":5000}"#)])
    let (paper, json) = (Paper(), Paper())
    #expect(try run("settings show", on: server, paper: paper) == .done)
    #expect(paper.lines == ["poll_budget_per_second  5000"])
    #expect(try run("settings show --json", on: server, paper: json) == .done)
    #expect(json.lines == [#"{"poll_budget_per_second":5000}"#])
    #expect(server.requests.allSatisfy { $0.token?.count == 40 })
}

@Test(arguments: [("700", "700"), ("none", "null")])
func `settings that are put are sent, null for none, and shown as they are then`(value: String, sent: String) throws {
    let body = #"{"poll_budget_per_second":\#(sent)}"#
    let server = StandInServer(["PUT /admin/v1/settings": (200, body)])
    let (paper, json) = (Paper(), Paper())
    let line = "settings put --poll-budget-per-second \(value)"
    #expect(try run(line, on: server, paper: paper) == .done)
    #expect(server.requests.map(\.method) == ["PUT"] && server.requests[0].body?.text == body)
    #expect(paper.lines == ["put settings", "poll_budget_per_second  \(value == "none" ? "-" : value)"])
    #expect(paper.complaints.isEmpty)
    #expect(try run(line + " --json", on: server, paper: json) == .done && json.lines == [body])

    let dry = Paper()
    #expect(try run(line + " --dry-run", on: server, paper: dry) == .done && server.requests.count == 2)
    #expect(dry.lines.first == "PUT http://127.0.0.1:8081/admin/v1/settings" && dry.lines.last == body)
}

@Test func `settings without any are a mistake, and a refusal ends in 1`() throws {
    let server = StandInServer([
        "PUT /admin/v1/settings": (503, #"{"title":"Away","status":503,"code":"store-unavailable"}"#)
    ])
    let nothing = #expect(throws: Failure.self) { try run("settings put", on: server, paper: Paper()) }
    #expect(nothing?.code == .usage && server.requests.isEmpty)
    let refused = #expect(throws: Failure.self) {
        try run("settings put --poll-budget-per-second 5", on: server, paper: Paper())
    }
    #expect(refused?.code == .failed)
}

@Test func `capacity shows why there is a ceiling and since when, and how to clear it`() throws {
    let group = """
        {"kind":"group","name":"bank","mode":"start","window":2,"ceiling_per_second":24.5,\
        "ceiling_reason":"errors at this rate once: rises a little every second","ceiling_age_ms":42000}
        """
    let nodes = """
        {"nodes":[{"health":"alive","name":"s","role":"scheduler","figures":{"leads":1},"resources":[\(group)]}]}
        """
    let paper = Paper()
    #expect(try run("capacity", on: StandInServer(["GET /admin/v1/nodes": (200, nodes)]), paper: paper) == .done)
    let text = paper.lines.joined(separator: "\n")
    let ceiling = "ceiling of group bank: 24.5/s, errors at this rate once: rises a little every second, last 42 s ago"
    #expect(text.contains(ceiling))
    #expect(text.contains("sluice capacity reset NAME"))
}

@Test func `capacity shows since when each is as it is, and what changed lately and why`() throws {
    let group = """
        {"kind":"group","name":"shop","window":5,"rate_per_second":18,"base_us":200000,\
        "regime":{"age_ms":42123,"changes":3,"call_us":200000,"rate_per_second":20.1,"below_ms":4250},\
        "last_changes":[\
        {"age_ms":3100,"reason":"more in flight brought no more throughput","window":5,"rate_per_second":20.1},\
        {"age_ms":42123,"reason":"confirmed slow-down","window":2,"rate_per_second":null},{"window":1}]}
        """
    let worker = """
        {"kind":"worker","name":"w\\u001b1","window":2,\
        "regime":{"age_ms":350,"changes":1,"call_us":null,"rate_per_second":null,"below_ms":null},"last_changes":[]}
        """
    let old = #"{"kind":"group","name":"old","window":2,"rate_per_second":5}"#
    let nodes = """
        {"nodes":[{"health":"alive","name":"s","role":"scheduler","figures":{"leads":1},\
        "resources":[\(worker),\(group),\(old)]}]}
        """
    let paper = Paper()
    #expect(try run("capacity", on: StandInServer(["GET /admin/v1/nodes": (200, nodes)]), paper: paper) == .done)
    #expect(
        paper.lines.dropFirst(4).joined(separator: "\n") == #"""

            group shop, since 42 s: 200 ms a call, up to 5 in flight, 20.1/s; 3 regime changes; below 90 % for 4 s
              3 s ago       more in flight brought no more throughput: 5 in flight, 20.1/s
              42 s ago      confirmed slow-down: 2 in flight

            worker w\u{1b}1, since 350 ms: up to 2 in flight; 1 regime change
            """#)
    let json = Paper()
    #expect(
        try run("capacity --json", on: StandInServer(["GET /admin/v1/nodes": (200, nodes)]), paper: json) == .done)
    #expect(json.lines.count == 1 && json.lines[0].contains(#""last_changes":[{"age_ms":3100"#))
}

@Test func `capacity shows the histories of ten workers and says how many there are beside`() throws {
    let workers = (10..<30).map {
        #"{"kind":"worker","name":"w\#($0)","window":2,"regime":{"age_ms":1000,"changes":0,"below_ms":0}}"#
    }
    let nodes = """
        {"nodes":[{"health":"alive","name":"s","role":"scheduler","figures":{"leads":1},\
        "resources":[\(workers.joined(separator: ","))]}]}
        """
    let paper = Paper()
    #expect(try run("capacity", on: StandInServer(["GET /admin/v1/nodes": (200, nodes)]), paper: paper) == .done)
    #expect(paper.lines.count { $0.contains("since 1 s: up to 2 in flight; 0 regime changes; never below 90 %") } == 10)
    #expect(paper.lines.last == "10 more workers: sluice capacity --json has all")
}

@Test func `what was learnt of a group or worker is reset by its name`() throws {
    let server = StandInServer(["POST /admin/v1/capacity/ba%2Fnk/reset": (202, #"{"name":"ba/nk","reset":"asked"}"#)])
    let paper = Paper()
    #expect(try run("capacity reset ba/nk", on: server, paper: paper) == .done)
    #expect(paper.lines.joined().contains("reset ba/nk"))
    #expect(throws: Failure.self) { try run("capacity reset", on: server, paper: Paper()) }
    #expect(throws: Failure.self) { try run("capacity raset bank", on: server, paper: Paper()) }
    #expect(server.requests.count == 1)
}

@Test func `capacity is a table of what the leader publishes, groups last`() throws {
    let worker = """
        {"kind":"worker","name":"w1","mode":"cruise","reason":"busy slots","window":5,"in_flight":4,\
        "pace_per_second":250,"rate_per_second":200,"base_us":20000,"exec_p50_us":19800,"exec_p99_us":41000,\
        "cap_per_second":null,"breaker":null,"littles_law_error_percent":2}
        """
    let group = #"{"kind":"group","name":"bank","mode":"start","window":2,"cap_per_second":30,"breaker":"closed"}"#
    let nodes = """
        {"nodes":[{"health":"alive","name":"s","role":"scheduler","figures":{"leads":1},\
        "resources":[\(group),\(worker)]}]}
        """
    let server = StandInServer(["GET /admin/v1/nodes": (200, nodes)])
    let paper = Paper()
    #expect(try run("capacity", on: server, paper: paper) == .done)
    #expect(
        paper.lines.map { $0.split(separator: " ").prefix(4).joined(separator: " ") } == [
            "KIND NAME SINK MODE", "worker w1 - cruise", "group bank - start",
        ])
    let json = Paper()
    #expect(try run("capacity --json", on: server, paper: json) == .done)
    #expect(JSONValue(parsing: Array(json.lines.joined().utf8))?["resources"]?.array?.count == 2)
    let empty = Paper()
    #expect(
        try run("capacity", on: StandInServer(["GET /admin/v1/nodes": (200, #"{"nodes":[]}"#)]), paper: empty) == .done)
    #expect(empty.lines.first?.hasPrefix("no resources") == true)
}
