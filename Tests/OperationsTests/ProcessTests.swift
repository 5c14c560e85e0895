import Base
import EventLoop
import Glibc
import Testing

@testable import Operations

@Test func `the first signal stops, the second ends`() {
    for (second, status) in [(ShutdownSequence.Signal.interrupt, 130 as Int32), (.terminate, 143)] {
        for first in [ShutdownSequence.Signal.interrupt, .terminate] {
            var sequence = ShutdownSequence()
            #expect(!sequence.isStopping)
            #expect(sequence.handle(first) == .shutdown)
            #expect(sequence.isStopping)
            #expect(sequence.handle(second) == .exit(status))
        }
    }
}

/// What the callbacks of one loop saw; handed over by joining its thread.
private final class Seen: @unchecked Sendable {
    var events: [String] = []
}

@Test func `signals arrive on the loop, in a thread of its own`() {
    let seen = Seen()
    // A thread of its own, because the signals stay blocked in it; and sent to that thread, so that no other test dies.
    let thread = LoopThread {
        guard let loop = try? EventLoop() else { return }
        let signals = try? Signals(
            loop: loop, onShutdown: { seen.events.append("shutdown") },
            exit: { seen.events.append("exit \($0)") })
        for number in [SIGHUP, SIGTERM, SIGINT, SIGTERM] {
            pthread_kill(pthread_self(), number)
            loop.turn(waitAtMost: .seconds(5))
        }
        withExtendedLifetime(signals) {}
    }
    thread.join()
    #expect(seen.events == ["shutdown", "exit 130", "exit 143"], "a hangup does nothing")
}

@Test func `the ready line can be split at blanks, whatever is in it`() {
    #expect(
        ReadyLine.text(["public": "127.0.0.1:8080", "node": "a b\nready x=1"])
            == "ready public=127.0.0.1:8080 node=a?b?ready?x=1\n")
    #expect(ReadyLine.text([:]) == "ready\n")
}

@Test func `the ready line is written whole`() {
    var ends: [Int32] = [0, 0]
    _ = unsafe ends.withUnsafeMutableBufferPointer { unsafe pipe($0.baseAddress!) }
    ReadyLine.write(["ops": "127.0.0.1:1"], to: ends[1])
    close(ends[1])
    defer { close(ends[0]) }
    var bytes = [UInt8](repeating: 0, count: 100)
    let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(ends[0], $0.baseAddress, $0.count) }
    #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == "ready ops=127.0.0.1:1\n")
}

@Test func `the limit of descriptors is lifted to what the system allows`() throws {
    let raised = try #require(RunningProcess.raiseFileLimit())
    var limit = rlimit()
    #expect(unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
    #expect(limit.rlim_cur == limit.rlim_max && raised == Int(limit.rlim_cur))
}

@Test func `the real surroundings hold the real environment and read real files`() {
    let surroundings = ConfigurationDriver.surroundings()
    let path = unsafe getenv("PATH").map { unsafe String(cString: $0) }
    #expect(surroundings.environment["PATH"] == path)
    #expect(surroundings.cores >= 1)
    guard case .content(let bytes) = surroundings.readFile("/proc/self/comm", 100) else {
        Issue.record("cannot read /proc/self/comm")
        return
    }
    #expect(!bytes.isEmpty)
    guard case .tooLarge = surroundings.readFile("/dev/zero", 10_000) else {
        Issue.record("no limit")
        return
    }
    guard case .failure("No such file or directory") = surroundings.readFile("/nonexistent", 1) else {
        Issue.record("no reason")
        return
    }
}
