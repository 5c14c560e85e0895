import Base
import Glibc
import Testing

@testable import TestKit

@Suite(.timeLimit(.minutes(1))) struct ProgramTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func shell(_ script: String, environment: [String: String] = [:]) throws -> Program {
        try Program("/bin/sh", ["-c", script], environment: environment, log: directory.file("log"))
    }

    @Test func `waits for the ready line and reads it`() throws {
        let program = try shell("echo starting; echo ready http=http://127.0.0.1:4321 pid=$$; exec sleep 60")
        let ready = try program.ready()
        #expect(ready.endpoint("http") == Endpoint(port: 4321))
        #expect(ready["pid"] == "\(program.pid)")
        #expect(program.isRunning)
    }

    @Test func `reports what a program that ends early wrote`() throws {
        let program = try shell("echo no such key >&2; exit 64")
        #expect {
            try program.ready()
        } throws: {
            let text = "\($0)"
            return text.contains("exit 64") && text.contains("no such key")
        }
        #expect(try program.wait() == 64)
        #expect(program.logLineCount == 1)
    }

    @Test func `kills, stops, resumes and terminates`() throws {
        let stubborn = try shell("echo ready; exec sleep 60")
        _ = try stubborn.ready()
        stubborn.kill9()
        #expect(try stubborn.wait() == -SIGKILL)

        let polite = try shell("trap 'exit 3' TERM; echo ready; while :; do sleep 0.01; done")
        _ = try polite.ready()
        polite.stop()
        polite.terminate()
        #expect(throws: Program.Failure.self) { try polite.wait(within: .milliseconds(100)) }
        polite.resume()
        #expect(try polite.wait() == 3)
    }

    @Test func `kills the program with its last reference`() throws {
        var program: Program? = try shell("echo ready; exec sleep 60")
        _ = try program?.ready()
        let pid = try #require(program?.pid)
        program = nil
        #expect(eventually(within: .seconds(5)) { kill(pid, 0) != 0 })
    }

    @Test func `the program outlives the thread that started it`() async throws {
        let directory = directory
        let program = try await Task.detached {
            try Program("/bin/sh", ["-c", "echo ready; exec sleep 60"], log: directory.file("log"))
        }.value
        _ = try program.ready()
        #expect(program.isRunning)
    }

    @Test func `keeps our own settings from the program, and passes on what it is given`() throws {
        unsafe setenv("SLUICE_STRAY", "1", 1)
        let program = try shell("echo stray=$SLUICE_STRAY given=$SLUICE_GIVEN", environment: ["SLUICE_GIVEN": "2"])
        #expect(try program.finish().output == "stray= given=2\n")
    }

    @Test func `sees the processor time a program uses, and none of one that sleeps`() throws {
        let busy = try shell("echo ready; while :; do :; done")
        let asleep = try shell("echo ready; exec sleep 60")
        _ = try busy.ready()
        _ = try asleep.ready()
        // What the fork of a large process cost is the child's too, so what counts is what comes after it.
        let before = try #require(processorTime(of: asleep.pid))
        let begun = try #require(processorTime(of: busy.pid))
        #expect(
            eventually(within: .seconds(10)) { (processorTime(of: busy.pid) ?? .zero) > begun + .milliseconds(100) })
        #expect(try #require(processorTime(of: asleep.pid)) - before < .milliseconds(50))
        asleep.kill9()
        try asleep.wait()
        #expect(processorTime(of: asleep.pid) == nil)
    }

    @Test func `a program that is not built is named with its cure`() {
        #expect {
            try Program("sluice-nothing", [], log: directory.file("log"))
        } throws: {
            "\($0)".contains("sluice-nothing") && "\($0)".contains("make build")
        }
    }
}

@Suite struct ReadyLineTests {
    @Test func `reads pairs and bare addresses`() throws {
        let line = try #require(ReadyLine("ready ops=http://127.0.0.1:1 node=q-1 http://127.0.0.1:8080"))
        #expect(line.endpoint("ops") == Endpoint(port: 1))
        #expect(line["node"] == "q-1")
        #expect(line.urls == ["http://127.0.0.1:8080"])
    }

    @Test(arguments: ["", "already here", "readyish http=1", "not ready"])
    func `other lines are no ready line`(text: String) { #expect(ReadyLine(text) == nil) }

    @Test(arguments: ["127.0.0.1:80", "http://127.0.0.1", "http://127.0.0.1:x", "http://127.0.0.1:70000"])
    func `what is no address is refused`(text: String) { #expect(Endpoint(url: text) == nil) }
}

@Suite struct MetricsTests {
    @Test func `reads series and sums them by label`() {
        let metrics = Metrics(
            """
            # HELP a b
            up 1
            sluice_settles_total{outcome="fenced",item="a b"} 3
            sluice_settles_total{outcome="fenced",item="c"} 4
            sluice_settles_total{outcome="settled"} 5e1
            """)
        #expect(metrics["up"] == 1)
        #expect(metrics.sum("sluice_settles_total", ["outcome": "fenced"]) == 7)
        #expect(metrics.sum("sluice_settles_total") == 57)
        #expect(metrics.sum("sluice_settles") == 0)
    }
}
