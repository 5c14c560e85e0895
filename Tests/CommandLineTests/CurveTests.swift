import Base
import CLinux
import Glibc
import Testing

@testable import CommandLineModule

private let first: Int64 = 1_800_000_000  // seconds since 1970

private func time(_ second: Int64) -> String { CurveStep(second: first + second).time }

private func point(_ second: Int64, arrivals: Int64, waiting: Int64, sold: Int64 = 0, held: Int64 = 0) -> JSONValue {
    .object([
        "at": .string(time(second)), "arrivals": .integer(arrivals), "waiting": .integer(waiting),
        "sold": .integer(sold), "held": .integer(held), "stock_left": .integer(100 - sold - held),
    ])
}

private func answer(_ from: Int64, _ to: Int64, before: JSONValue = .null, _ points: [JSONValue]) -> JSONValue {
    .object([
        "from": .string(time(from)), "to": .string(time(to)), "before": before, "points": .array(points),
    ])
}

@Test func `a second without a point is as the one before, and the last two are left for the next read`() throws {
    var history = CurveHistory(kept: 10)
    #expect(history.query == "series?step=1s")
    let begun = history.take(
        answer(0, 9, [point(2, arrivals: 5, waiting: 5), point(4, arrivals: 1, waiting: 3, sold: 3)]))
    let new = try #require(begun)
    #expect(new.map(\.second) == (2...7).map { first + $0 }, "nothing is known of what was before the first point")
    #expect(new.map(\.arrivals) == [5, 0, 1, 0, 0, 0] && new.map(\.waiting) == [5, 5, 3, 3, 3, 3])
    #expect(new.map(\.left) == [100, 100, 97, 97, 97, 97])
    #expect(history.query == "series?step=1s&from=\(time(8))")
    // The server was away for a while: nothing is missed.
    let goneOn = history.take(
        answer(8, 22, before: point(4, arrivals: 1, waiting: 3, sold: 3), [point(12, arrivals: 2, waiting: 5)]))
    let later = try #require(goneOn)
    #expect(later.map(\.second) == (8...20).map { first + $0 } && later.reduce(0) { $0 + $1.arrivals } == 2)
    #expect(history.steps.count == 10 && history.steps.last?.second == first + 20)
    let rested = history.take(answer(21, 22, before: point(12, arrivals: 2, waiting: 5), []))
    #expect(rested == [])
    let unreadable = history.take(.object([:]))
    #expect(unreadable == nil)
    // The store's clock was set back by an hour: it begins anew.
    let setBack = history.take(answer(21, -3_600, []))
    #expect(setBack == [])
    #expect(history == CurveHistory(kept: 10))
}

@Test func `bars fill their rows, the highest to the top, and what is not zero is seen`() {
    #expect(CurveScreen.bars([0, 1, 4, 8, nil], rows: 1) == [" ▁▄█ "])
    #expect(CurveScreen.bars([0, 1, 8, 12, 16], rows: 2) == ["   ▄█", " ▁███"])
    #expect(CurveScreen.bars([1, 1_000_000], rows: 1) == ["▁█"])
    #expect(CurveScreen.bars([0, 0], rows: 2) == ["  ", "  "])
}

private func state(_ points: [JSONValue], to: Int64) -> CurveState {
    var state = CurveState(address: "http://a", time: "12:00", name: "shoes", history: CurveHistory(kept: 180))
    _ = state.history.take(answer(0, to + 2, points))
    state.item = .object([
        "state": .string("open"), "waiting": .integer(1_200), "sold": .integer(30), "held": .integer(2),
        "stock_left": .integer(68), "stock_total": .integer(100),
    ])
    return state
}

@Test func `a frame has the item, and each curve with what it is now, its most and its rate`() {
    let points = (0..<6).map { point($0, arrivals: 10 * $0, waiting: 60 - 10 * $0, sold: 2 * $0, held: $0 % 2) }
    let frame = CurveScreen.lines(state(points, to: 5), seconds: 6, size: .init(columns: 60, rows: 12))
    #expect(
        frame.map(\.text) == [
            "sluice watch shoes  http://a  12:00",
            "open: 1,200 waiting, 30 sold, 2 held, 68 of 100 left",
            "arrivals  50 a second, most 50",
            " ▂▃▅▆█",
            "waiting  10, most 60, -10 a second",
            "█▇▅▄▃▁",
            "sold  10, most 10, +2 a second",
            " ▂▃▅▆█",
            "held  1, most 1, +0.2 a second",
            " █ █ █",
            "6 s ago now",
        ])
    #expect(frame[0].tone == .heading && frame[2].tone == .heading && frame[3].tone == .plain)
}

@Test func `a narrow screen puts seconds together, a high one draws higher, and nothing is too wide`() {
    let points = (0..<60).map { point($0, arrivals: $0 == 31 ? 90 : 0, waiting: $0) }
    let narrow = CurveScreen.lines(state(points, to: 59), seconds: 60, size: .init(columns: 20, rows: 24))
    #expect(narrow.allSatisfy { $0.text.count <= 20 } && narrow.count <= 24)
    // 3 s a column: the seconds 30 to 32 are one, in which at most 90 a second came.
    let rows = narrow.map(\.text)
    let curve = rows[(rows.firstIndex { $0.hasPrefix("arrivals") } ?? 0) + 1]
    #expect(Array(curve).firstIndex(of: "█") == 10)
    let high = CurveScreen.lines(state(points, to: 59), seconds: 60, size: .init(columns: 80, rows: 60))
    #expect(high.count == 2 + 4 * 9 + 1)
    for size in [(1, 1), (5, 3), (300, 4)] {
        let lines = CurveScreen.lines(state(points, to: 59), seconds: 60, size: .init(columns: size.0, rows: size.1))
        #expect(lines.count <= size.1 && lines.allSatisfy { $0.text.count <= size.0 })
    }
}

@Test func `without a point nothing is drawn, and a failure is shown with what was known`() {
    var empty = CurveState(address: "http://a", time: "12:00", name: "shoes", history: CurveHistory(kept: 60))
    empty.failure = "12:01 connection refused"
    let frame = CurveScreen.lines(empty, seconds: 60, size: .init(columns: 80, rows: 24))
    #expect(frame[1] == TopLine("12:01 connection refused", .alarm))
    #expect(frame.contains { $0.text == "arrivals  nothing is known yet" })
}

// MARK: The command

private final class Curves: Transport {
    var requests: [String] = []
    var onLook: (Int) -> Void = { _ in }
    private var looks = 0

    func send(_ request: Request) throws(Failure) -> Response {
        requests.append(request.url)
        guard request.url.contains("/series?") else {
            return Response(status: 200, bytes: Array(#"{"item":"shoes","state":"open","waiting":3}"#.utf8))
        }
        looks += 1
        onLook(looks)
        if looks == 2 { throw Failure(.failed, "connection refused") }
        let points = [point(2, arrivals: 5, waiting: 5), point(3, arrivals: 1, waiting: 6, sold: 1)]
        return Response(status: 200, bytes: Array(answer(0, 5, points).text.utf8))
    }
}

private let environment = ["SLUICE_ADMIN_TOKEN": String(repeating: "t", count: 40), "TERM": "xterm"]

private func watch(_ flags: [String], on transport: any Transport, terminal: Terminal, paper: Paper) throws -> Watch {
    guard case .run(let invocation) = try ArgumentParser(environment: environment).parse(["watch", "shoes"] + flags)
    else { throw Failure(.usage, "help") }
    return Watch(
        invocation, environment: environment, transport: transport, console: paper.console, terminal: terminal)
}

@Test func `once prints one frame without control codes, or the last second as JSON`() throws {
    let (paper, curves) = (Paper(), Curves())
    let nowhere = Terminal(input: -1, output: -1)
    #expect(try watch(["--once"], on: curves, terminal: nowhere, paper: paper).run() == .done)
    #expect(paper.lines.first?.hasPrefix("sluice watch shoes  http://127.0.0.1:8081  ") == true)
    #expect(paper.lines.contains { $0.hasPrefix("waiting  6, most 6") })
    #expect(paper.lines.allSatisfy { !$0.contains("\u{1B}") })
    #expect(curves.requests.last == "http://127.0.0.1:8081/admin/v1/items/shoes/series?step=1s")
    let json = Paper()
    #expect(try watch(["--once", "--json"], on: Curves(), terminal: nowhere, paper: json).run() == .done)
    let line = try #require(json.lines.first.flatMap { JSONValue(parsing: Array($0.utf8)) })
    #expect(line == CurveStep(point(3, arrivals: 1, waiting: 6, sold: 1))?.json && json.lines.count == 1)
    #expect(throws: Failure.self) { try watch(["--minutes", "61"], on: Curves(), terminal: nowhere, paper: json) }
    let gone = try watch(["--once"], on: StandInServer([:]), terminal: nowhere, paper: json)
    #expect(throws: Failure.self) { try gone.run() }
}

@Test func `it draws in place, survives a server that is away, and q gives the terminal back`() throws {
    var (person, program): (Int32, Int32) = (-1, -1)
    try #require(unsafe clinux_terminal_pair(&person, &program) == 0)
    defer {
        close(person)
        close(program)
    }
    let curves = Curves()
    curves.onLook = { look in if look == 3 { writeAll(person, "q") } }
    let terminal = Terminal(input: program, output: program)
    let watch = try watch([], on: curves, terminal: terminal, paper: Paper())
    #expect(try watch.run() == .done)
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe read(person, &bytes, bytes.count)
    let screen = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    #expect(screen.hasPrefix("\u{1B}[?1049h\u{1B}[?25l") && screen.contains("open: 3 waiting"))
    #expect(screen.contains("connection refused"))
}
