import Testing

@testable import CommandLineModule

private func item(_ name: String, waiting: Int64, state: String = "open", rate: Int64 = 10) -> JSONValue {
    .object([
        "item": .string(name), "state": .string(state), "stock_total": .integer(2_000), "stock_left": .integer(1_500),
        "held": .integer(4), "sold": .integer(496), "waiting": .integer(waiting), "drain_per_second": .integer(rate),
    ])
}

private func worker(_ name: String, window: Int64) -> JSONValue {
    .object([
        "kind": .string("worker"), "name": .string(name), "mode": .string("cruise"), "reason": .string("busy slots"),
        "window": .integer(window), "in_flight": .integer(4), "pace_per_second": .integer(1_250),
        "rate_per_second": .number(199.6), "base_us": .integer(20_100), "exec_p50_us": .integer(19_800),
        "exec_p99_us": .integer(1_500_000), "cap_per_second": .null, "breaker": .null,
        "littles_law_error_percent": .number(-1.5),
    ])
}

private let bank = JSONValue.object([
    "kind": .string("group"), "name": .string("bank"), "mode": .string("backoff"), "reason": .string("errors"),
    "window": .integer(1), "in_flight": .integer(0), "pace_per_second": .integer(30), "rate_per_second": .integer(0),
    "base_us": .null, "cap_per_second": .integer(30), "breaker": .string("open"),
])

private func scheduler(_ resources: [JSONValue]?, leads: Int64 = 1, health: String = "alive") -> JSONValue {
    var fields: [String: JSONValue] = [
        "name": .string("scheduler-\(leads)"), "role": .string("scheduler"), "health": .string(health),
        "figures": .object(["leads": .integer(leads)]),
    ]
    fields["resources"] = resources.map { .array($0) }
    return .object(fields)
}

private func state(_ items: [JSONValue], _ nodes: [JSONValue], failure: String? = nil) -> TopState {
    TopState(address: "http://127.0.0.1:8081", time: "12:00:00", items: items, nodes: nodes, failure: failure)
}

private func size(_ columns: Int, _ rows: Int) -> TopScreen.Size { TopScreen.Size(columns: columns, rows: rows) }

@Test func `an item on hold differs from one that is paused, and from one that drains`() {
    func held(_ name: String, _ flag: String) -> JSONValue {
        guard case .object(var fields) = item(name, waiting: 1) else { return .null }
        fields[flag] = .bool(true)
        return .object(fields)
    }
    let frame = TopScreen.lines(
        state([held("a", "holding"), item("b", waiting: 1, state: "paused"), item("c", waiting: 1)], []),
        size: size(200, 50))
    #expect(frame[4].text.hasPrefix("a     open, on hold") && frame[4].tone == .warning)
    #expect(frame[5].text.hasPrefix("b     paused") && frame[5].tone == .warning)
    #expect(frame[6].text.hasPrefix("c     open ") && frame[6].tone == .plain)
}

@Test func `a frame has the sums, the items by who waits, and the resources with what is shut first`() {
    let frame = TopScreen.lines(
        state(
            [item("a", waiting: 0), item("b", waiting: 7, state: "paused"), item("c", waiting: 1_200, rate: 100)],
            [scheduler([worker("w1", window: 5), bank])]), size: size(200, 50))
    #expect(
        frame.map(\.text) == [
            "sluice top  http://127.0.0.1:8081  12:00:00",
            "3 items: 1,207 waiting, 4,500 of 6,000 left, 120 a second  |  1 nodes",
            "",
            "ITEM  STATE   LEFT   STOCK  HELD  SOLD  WAITING  RATE/S  ETA",
            "c     open    1,500  2,000  4     496   1,200    100     12 s",
            "b     paused  1,500  2,000  4     496   7        10      700 ms",
            "a     open    1,500  2,000  4     496   0        10      -",
            "",
            "KIND    NAME  SINK  MODE     WINDOW  IN FLIGHT  PACE/S  RATE/S  BASE     P50      P99    "
                + "CAP/S  BREAKER  LITTLE %  REASON",
            "group   bank  -     backoff  1       0          30      0       -        -        -      "
                + "30     open     -         errors",
            "worker  w1    -     cruise   5       4          1,250   200     20.1 ms  19.8 ms  1.5 s  "
                + "-      -        -1.5      busy slots",
        ])
    #expect(
        frame.map(\.tone) == [
            .heading, .plain, .plain, .heading, .plain, .warning, .plain, .plain, .heading, .alarm, .plain,
        ])
}

@Test(arguments: [(80, 24), (20, 10), (200, 6), (40, 4), (80, 1), (3, 3), (80, 0)])
func `a frame never exceeds the screen, and shows what it left out`(columns: Int, rows: Int) {
    let many = state(
        (0..<500).map { item("item-\($0)", waiting: Int64($0)) },
        [scheduler((0..<100).map { worker("worker-\($0)", window: 4) })], failure: "gone")
    let frame = TopScreen.lines(many, size: size(columns, rows))
    #expect(frame.count <= rows)
    #expect(frame.allSatisfy { $0.text.count <= columns })
    guard rows == 24 else { return }
    // Three lines of head, two empty ones: nine for the resources, ten for the items.
    #expect(frame.count == 24)
    #expect(frame[5].text.hasPrefix("item-499 "))
    #expect(frame[13].text == "… and 492 more")
    #expect(frame[23].text == "… and 93 more")
}

@Test func `on 80 columns the window, the rate, the breaker and the reason are seen, and what is missing is named`()
    throws
{
    let frame = TopScreen.lines(
        state([item("shoes", waiting: 7)], [scheduler([worker("worker-1-11921-17ahgst", window: 5), bank])]),
        size: size(80, 24)
    ).map(\.text)
    let heading = try #require(frame.firstIndex { $0.contains("WINDOW") })
    for column in ["NAME", "WINDOW", "RATE/S", "BREAKER", "REASON", "left out"] {
        #expect(frame[heading].contains(column), "\(frame[heading])")
    }
    #expect(frame[heading + 1].contains("open") && frame[heading + 1].contains("errors"))
    #expect(frame[heading + 2].contains("busy slots") && frame[heading + 2].contains("worker-1-11921-17ahgst"))
    #expect(frame.contains { $0.contains("shoes") && $0.contains("700 ms") })
    #expect(frame.allSatisfy { $0.count <= 80 })
}

@Test func `rehearsals that are over are left out of the screen, and counted`() {
    let over = [item("rush-1k2j3h", waiting: 0, state: "closed"), item("load-ab12-1", waiting: 0, state: "sold_out")]
    let quiet = over.map { value -> JSONValue in
        guard case .object(var fields) = value else { return value }
        fields["held"] = .integer(0)
        return .object(fields)
    }
    let frame = TopScreen.lines(
        state(quiet + [item("rush-shoes-of-mine", waiting: 0, state: "closed"), item("load-9z-1", waiting: 3)], []),
        size: size(200, 50)
    ).map(\.text)
    #expect(!frame.contains { $0.hasPrefix("rush-1k2j3h") || $0.hasPrefix("load-ab12-1") })
    #expect(frame.contains { $0.hasPrefix("rush-shoes-of-mine") } && frame.contains { $0.hasPrefix("load-9z-1") })
    #expect(frame.contains { $0.contains("2 items of rehearsals") })
}

@Test(arguments: 6...40)
func `on every height each item and worker is shown or counted as left out`(rows: Int) {
    let some = state(
        (0..<10).map { item("item-\($0)", waiting: Int64($0)) },
        [scheduler((0..<8).map { worker("worker-\($0)", window: 4) })])
    let frame = TopScreen.lines(some, size: size(200, rows)).map(\.text)
    #expect(frame.count <= rows)
    let leftOut = frame.filter { $0.hasPrefix("… and ") }.compactMap { Int($0.split(separator: " ")[2]) }
    let items = frame.count { $0.hasPrefix("item-") }
    let workers = frame.count { $0.hasPrefix("worker") }
    // Of each table whose heading has room, at least a line that counts is left.
    if rows >= 8 { #expect(items + workers + leftOut.reduce(0, +) == 18) }
    // 4 lines of frame, 11 of items, 9 of workers.
    #expect(rows < 24 || items == 10 && workers == 8)
}

@Test func `what a server sends can't drive the terminal`() {
    let evil = item("a\u{1B}[2J", waiting: 1, state: "\u{202E}")
    let frame = TopScreen.lines(state([evil], [], failure: "b\u{7}\n"), size: size(200, 50))
    #expect(frame.allSatisfy { $0.text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202E } })
    #expect(frame.contains { $0.text.contains(#"a\u{1b}[2J"#) })
}

@Test func `without resources the workers' own figures are shown, and who is lost`() {
    let node = JSONValue.object([
        "name": .string("worker-1"), "role": .string("worker"), "health": .string("lost"),
        "figures": .object(["in_flight": .integer(3), "settled": .integer(77)]),
    ])
    let frame = TopScreen.lines(state([], [scheduler(nil), node]), size: size(80, 24))
    #expect(frame.contains(TopLine("worker-1  lost    3          77", .alarm)))
    #expect(frame[1] == TopLine("0 items: 0 waiting, 0 of 0 left, 0 a second  |  1 nodes, 1 LOST", .warning))
    #expect(frame.contains(TopLine("no items")))
}

@Test func `only the scheduler that leads is believed, then one that reports anything, never a lost one`() {
    let (mine, other) = (worker("mine", window: 1), worker("other", window: 2))
    func names(_ nodes: [JSONValue]) -> [String] { Resource.all(of: nodes).map(\.name) }
    #expect(names([scheduler([other], leads: 0), scheduler([mine])]) == ["mine"])
    #expect(names([scheduler([], leads: 0), scheduler([other], leads: 0)]) == ["other"])
    #expect(names([scheduler([other], leads: 1, health: "lost")]) == [])
    #expect(names([scheduler([]), scheduler([other], leads: 0)]) == [])
}

@Test func `a frame is drawn over the one before, each line to its end and without scrolling`() {
    let lines = [TopLine("one", .heading), TopLine("two"), TopLine("three", .alarm)]
    #expect(
        Terminal.frame(lines, isColored: true)
            == "\u{1B}[H\u{1B}[1mone\u{1B}[0m\u{1B}[K\r\ntwo\u{1B}[K\r\n\u{1B}[31mthree\u{1B}[0m\u{1B}[K\u{1B}[J")
    #expect(Terminal.frame(lines, isColored: false) == "\u{1B}[Hone\u{1B}[K\r\ntwo\u{1B}[K\r\nthree\u{1B}[K\u{1B}[J")
}

@Test func `the worst of what is wrong stands above the sale, as an alarm`() {
    var seen = state([], [])
    seen.trouble = "no scheduler leads"
    let lines = TopScreen.lines(seen, size: size(100, 20))
    #expect(lines.contains(TopLine("PROBLEM  no scheduler leads", .alarm)))
}
