import Base
import EventLoop
import Glibc
import Synchronization
import TestKit
import Testing

@testable import Operations

private let instant = WallInstant(milliseconds: 1_794_355_200_000)

/// A log whose clock the test moves.
private final class Clock: @unchecked Sendable {
    // Written between calls only, by the one thread of the test.
    var now = MonotonicInstant(nanoseconds: 0)
}

private func log(to pipe: LogPipe, level: LogLevel = .info, clock: Clock = Clock()) -> Log {
    Log(level: level, node: "q1", descriptor: pipe.writer) { (clock.now, instant) }
}

@Test func `an event is one line of JSON with its fields in order`() {
    let pipe = LogPipe()
    log(to: pipe).warn(
        "store_down", ["error": "refused", "attempt": 3, "known": true, "ticket": .ticket("abcdefghijk")])
    #expect(
        String(decoding: pipe.read(), as: UTF8.self) == """
            {"time":"2026-11-11T00:00:00.000Z","level":"warn","event":"store_down","node":"q1","error":"refused",\
            "attempt":3,"known":true,"ticket":"abcdef…"}\n
            """)
}

@Test func `no text makes a second line, moves a terminal, or breaks the JSON`() throws {
    let hostile =
        (0..<0x20).map { String(Unicode.Scalar($0)) } + (0x7F..<0xA0).map { String(Unicode.Scalar($0)) }
        + (0x2060...0x206F as ClosedRange<UInt32>).compactMap { Unicode.Scalar($0).map(String.init) }
        + [
            "\u{202E}", "\u{2066}", "\u{200F}", "\u{61C}", "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{200B}", "\"", "\\",
            "\\\"",
            "\"}\n{\"level\":\"error\"", "\r\n\r\n", "\u{1B}]0;title\u{7}", "\u{1B}[31m", "😀", "é", "\u{E0041}",
            "\u{AD}",
            String(repeating: "\"", count: 1000), String(repeating: "\u{1}", count: 1000),
            String(repeating: "😀", count: 500), String(repeating: "\u{202E}", count: 300),
        ]
    #expect(hostile.count >= 100)
    for text in hostile {
        var line = ByteBuffer()
        LogLine.append(
            to: &line, level: .info, event: "e", node: text, fields: ["field": .text("a" + text + "b")], wall: instant)
        let bytes = line.bytes
        #expect(bytes.last == UInt8(ascii: "\n") && bytes.count(where: { $0 == UInt8(ascii: "\n") }) == 1)
        #expect(bytes.count < 2 * Log.fieldLimit + 120)
        let shown = String(decoding: bytes.dropLast(), as: UTF8.self)
        #expect(
            shown.unicodeScalars.allSatisfy {
                $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) && !$0.properties.isBidiControl
            })
        let back = try JSONReader.read(bytes.span) { (reader) throws(JSONError) -> String? in
            var found: String?
            try reader.beginObject()
            while let key = try reader.nextKey() {
                if reader.matches(key, "field") { found = reader.copy(try reader.string()) } else { try reader.skip() }
            }
            return found
        }
        let field = try #require(back)
        #expect(field == "a" + text + "b" || field.hasSuffix("…"))
    }
}

@Test func `a line has a bound however many fields it is given`() {
    var line = ByteBuffer()
    let long = LogValue.text(String(repeating: "x", count: 5000))
    LogLine.append(
        to: &line, level: .error, event: "e", node: "n",
        fields: [
            "a": long, "b": long, "c": long, "d": long, "e": long, "f": long, "g": long, "h": long, "i": long,
            "j": long,
            "k": long, "l": long, "m": long, "n": long, "o": long, "p": long, "q": long, "r": long, "s": long,
            "t": long,
        ], wall: instant)
    #expect(line.count <= Log.lineLimit)
    #expect(String(decoding: line.bytes, as: UTF8.self).hasSuffix("\"cut\":true}\n"))
}

@Test func `lines below the level are not written and do not count`() {
    let pipe = LogPipe()
    let quiet = log(to: pipe, level: .warn)
    for _ in 0..<100 { quiet.info("noise") }
    quiet.error("signal")
    let lines = pipe.lines()
    #expect(lines.count == 1 && lines.first?.contains("signal") == true)
}

@Test func `a flood is ten lines a second, and one has the number of those that are missing`() {
    let pipe = LogPipe()
    let clock = Clock()
    let flooded = log(to: pipe, clock: clock)
    for _ in 0..<100 { flooded.info("flood") }
    #expect(pipe.lines().count == 10)
    clock.now = MonotonicInstant(nanoseconds: 1_000_000_000)
    flooded.info("after")
    let lines = pipe.lines()
    #expect(lines.count == 2)
    #expect(lines.first?.contains(#""event":"log_lines_dropped","node":"q1","count":90}"#) == true)
    #expect(lines.last?.contains("after") == true)
}

@Test func `a flood that nothing follows is reported by flush, once`() {
    let pipe = LogPipe()
    let clock = Clock()
    let flooded = log(to: pipe, clock: clock)
    for _ in 0..<12 { flooded.info("flood") }
    _ = pipe.read()
    flooded.flush()
    #expect(pipe.lines().isEmpty)
    clock.now = MonotonicInstant(nanoseconds: 1_000_000_000)
    flooded.flush()
    flooded.flush()
    let lines = pipe.lines()
    #expect(lines.count == 1 && lines.first?.contains(#""count":2"#) == true)
}

@Test func `a reader that stopped reading costs lines, not time`() {
    let pipe = LogPipe()
    let clock = Clock()
    let blocked = log(to: pipe, clock: clock)
    let filler = [UInt8](repeating: 0x2E, count: 4096)
    while unsafe filler.withUnsafeBytes({ unsafe write(pipe.writer, $0.baseAddress, $0.count) }) > 0 {}
    _ = fcntl(pipe.writer, F_SETFL, 0)  // from here on a write into the full pipe would block for ever
    for _ in 0..<5 { blocked.info("lost") }
    _ = pipe.read()
    clock.now = MonotonicInstant(nanoseconds: 2_000_000_000)
    blocked.flush()
    #expect(pipe.lines().contains { $0.contains(#""event":"log_lines_dropped","node":"q1","count":5}"#) })
}

/// A clock that moves a second at each look, so that the limit of lines is seldom met.
private final class Seconds: Sendable {
    private let count = Atomic<Int64>(0)
    func next() -> Int64 { count.add(1, ordering: .relaxed).newValue }
}

@Test func `threads that log at once write whole lines`() {
    let pipe = LogPipe()
    let seconds = Seconds()
    let shared = Log(level: .info, node: "q1", descriptor: pipe.writer) {
        (MonotonicInstant(nanoseconds: seconds.next() * 1_000_000_000), instant)
    }
    let threads = (0..<4).map { index in
        LoopThread {
            for _ in 0..<50 { shared.info("event", ["thread": .integer(index), "text": "xxxxxxxxxxxxxxxxxxxx"]) }
        }
    }
    for thread in threads { thread.join() }
    let lines = pipe.lines()
    #expect(lines.count > 20)
    #expect(lines.allSatisfy { $0.hasPrefix("{\"time\"") && $0.hasSuffix("}") && $0.contains("\"event\"") })
}

@Test func `never more than ten lines in any second, whatever comes`() {
    var limiter = LogLimiter()
    var random = SplitMix64(seed: 10)
    var now = MonotonicInstant(nanoseconds: 0)
    var written: [MonotonicInstant] = []
    var events: UInt64 = 0
    var lines: UInt64 = 0
    var reported: UInt64 = 0
    for _ in 0..<20_000 {
        now = now + .milliseconds(random.below(random.below(2) == 0 ? 2 : 400))
        events += 1
        switch limiter.admit(now: now) {
        case .write:
            written.append(now)
            lines += 1
        case .drop: break
        case .report(let dropped, let writesEvent):
            reported += dropped
            written += writesEvent ? [now, now] : [now]
            lines += writesEvent ? 1 : 0
        }
    }
    for index in written.indices.dropFirst(10) { #expect(written[index] - written[index - 10] >= .seconds(1)) }
    now = now + .seconds(1)
    reported += limiter.takeReport(now: now) ?? 0
    #expect(lines + reported == events)
    #expect(reported > 1000)
}
