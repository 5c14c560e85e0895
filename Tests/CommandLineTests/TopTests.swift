import Base
import CLinux
import EventLoop
import Glibc
import Testing

@testable import CommandLineModule

/// A pseudo-terminal: `slave` is what the program sees, `master` the person in front of it.
private final class Pty {
    let master: Int32
    let slave: Int32

    init() throws {
        var (person, program): (Int32, Int32) = (-1, -1)
        try #require(unsafe clinux_terminal_pair(&person, &program) == 0)
        (master, slave) = (person, program)
    }

    deinit {
        close(master)
        close(slave)
    }

    var flags: UInt32 {
        var settings = termios()
        unsafe tcgetattr(slave, &settings)
        return settings.c_lflag
    }

    func type(_ text: String) { writeAll(master, text) }

    /// What was written to the screen so far.
    func read() -> String {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe Glibc.read(master, &piece, piece.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += piece[..<count]
        }
    }
}

private final class Answers: Transport {
    var looks = 0
    var onLook: (Int) -> Void = { _ in }

    func send(_ request: Request) throws(Failure) -> Response {
        guard request.url.hasSuffix("/nodes") else { return Response(status: 200, bytes: Array(#"{"items":[]}"#.utf8)) }
        looks += 1
        onLook(looks)
        if looks == 3 { throw Failure(.failed, "connection refused") }
        return Response(status: 200, bytes: Array(#"{"nodes":[]}"#.utf8))
    }
}

private let environment = ["SLUICE_ADMIN_TOKEN": String(repeating: "t", count: 40), "TERM": "xterm"]

private func top(_ flags: [String], on transport: any Transport, terminal: Terminal, lines: Lines) throws -> Top {
    guard case .run(let invocation) = try ArgumentParser(environment: environment).parse(["top"] + flags) else {
        throw Failure(.usage, "help")
    }
    return Top(
        invocation, environment: environment, transport: transport, console: lines.console, terminal: terminal)
}

private final class Lines {
    var all: [String] = []
    var console: Console {
        Console(isTerminal: false, output: { self.all.append($0) }, complaint: { _ in }, question: { nil })
    }
}

@Test func `it reads again and again, survives a server that is away, and q gives the terminal back`() throws {
    let pty = try Pty()
    let before = pty.flags
    #expect(before & UInt32(ECHO) != 0)
    let answers = Answers()
    var during: UInt32 = 0
    answers.onLook = { look in
        if look == 2 { during = pty.flags }
        // After the look that failed was drawn.
        if look == 4 { pty.type("xq") }
    }
    let terminal = Terminal(input: pty.slave, output: pty.slave)
    let top = try top(["--interval-ms", "100"], on: answers, terminal: terminal, lines: Lines())
    let server = Server(address: "http://a", token: nil, transport: answers)
    #expect(top.follow(server, first: try Top.read(server), signals: -1) == .done)
    #expect(answers.looks >= 4)
    #expect(during & UInt32(ECHO | ICANON) == 0)
    #expect(pty.flags == before)
    let screen = pty.read()
    #expect(screen.hasPrefix("\u{1B}[?1049h\u{1B}[?25l"))
    #expect(screen.hasSuffix("\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l"))
    #expect(screen.contains("connection refused"))
}

@Test(arguments: [SIGTERM, SIGINT, SIGHUP])
func `a signal gives the terminal back too`(number: Int32) throws {
    let pty = try Pty()
    let before = pty.flags
    let answers = Answers()
    let ended = Ended()
    // On a thread of its own, since the signal is blocked in whichever thread asks for its descriptor.
    let thread = LoopThread { [slave = pty.slave] in
        let signals = unsafe clinux_signalfd([number], 1)
        defer { close(signals) }
        let answers = Answers()
        answers.onLook = { if $0 == 2 { pthread_kill(pthread_self(), number) } }
        let server = Server(address: "http://a", token: nil, transport: answers)
        do {
            let top = try top(
                ["--interval-ms", "100"], on: answers, terminal: Terminal(input: slave, output: slave), lines: Lines())
            let code = top.follow(server, first: try Top.read(server), signals: signals)
            ended.code.withLock { $0 = code }
        } catch {
            Issue.record("\(error)")
        }
    }
    thread.join()
    #expect(ended.code.withLock { $0 } == .interrupted)
    #expect(pty.flags == before)
    #expect(pty.read().hasSuffix("\u{1B}[?1049l"))
    #expect(answers.looks == 0)
}

private final class Ended: Sendable {
    let code = Locked<ExitCode?>(nil)
}

@Test func `once prints one frame without control codes, and without a terminal there is nothing else`() throws {
    let lines = Lines()
    let terminal = Terminal(input: -1, output: -1)
    let once = try top(["--once"], on: Answers(), terminal: terminal, lines: lines)
    #expect(try once.run() == .done)
    #expect(lines.all.first?.hasPrefix("sluice top  http://127.0.0.1:8081  ") == true)
    #expect(lines.all.contains("no items"))
    #expect(lines.all.allSatisfy { !$0.contains("\u{1B}") })
    let drawn = try top([], on: Answers(), terminal: terminal, lines: lines)
    #expect(throws: Failure.self) { try drawn.run() }
}
