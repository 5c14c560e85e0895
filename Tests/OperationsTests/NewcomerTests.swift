import Testing

@testable import Operations

@Suite struct NewcomerTests {
    private typealias Neighbour = Newcomer.Neighbour

    private let own: NodeDescription = {
        var own = NodeDescription(id: "queue-2", role: "queue", pid: 20, isReady: false)
        (own.machine, own.keys, own.http) = ("m", ["aa", "bb"], "http://127.0.0.1:80")
        return own
    }()

    private func node(at describedAt: Int64 = 100_000, _ change: (inout NodeDescription) -> Void) -> Neighbour {
        var node = own
        (node.id, node.pid, node.isReady) = ("queue-1", 10, true)
        change(&node)
        return Neighbour(node, describedAt: describedAt)
    }

    private func newcomer(sharesPort: Bool = false) -> Newcomer {
        Newcomer(own, store: "0123", sharesPort: sharesPort, now: 100_000)
    }

    private func option(_ verdict: Newcomer.Verdict) -> String? {
        if case .conflict(let option, _) = verdict { option } else { nil }
    }

    @Test func `rings that share a key fit, others do not, and both are named`() {
        for (keys, fits) in [
            (["bb"], true), (["cc", "aa"], true), ([], true), (["cc"], false), (["cc", "dd"], false),
        ] {
            var newcomer = newcomer()
            let verdict = newcomer.check(beside: [node { $0.keys = keys }], now: 100_500) { _ in true }
            #expect((verdict == .fits) == fits, "\(keys)")
            guard case .conflict(let option, let problem) = verdict else { continue }
            #expect(option == "--ticket-key-file" && problem.contains("aa, bb") && problem.contains("cc"))
        }
    }

    @Test func `a second process of the same name is refused, one of another role or of a dead one is not`() {
        var newcomer = newcomer()
        let twin = node { $0.id = "queue-2" }
        #expect(option(newcomer.check(beside: [twin], now: 100_500) { _ in true }) == "--node-name")
        #expect(newcomer.check(beside: [twin], now: 100_500) { _ in false } == .fits)
        #expect(newcomer.check(beside: [twin], now: 106_000) { _ in true } == .fits, "it has been silent for 6 s")
        let others = [
            node { ($0.id, $0.role) = ("queue-2", "worker") },
            node { ($0.id, $0.isReady) = ("queue-2", false) }, node { ($0.id, $0.pid) = ("queue-2", 20) },
        ]
        for other in others {
            #expect(newcomer.check(beside: [other], now: 100_500) { _ in true } == .fits, "\(other)")
        }
    }

    @Test func `one on another machine lives if it reports again, and is over if it does not`() {
        for speaksAgain in [true, false] {
            var newcomer = newcomer()
            var far = node { ($0.id, $0.machine) = ("queue-2", "far") }
            #expect(newcomer.check(beside: [far], now: 100_500) { _ in true } == .unsure)
            #expect(newcomer.check(beside: [far], now: 101_500) { _ in true } == .unsure)
            if speaksAgain { far = Neighbour(far.node, describedAt: 102_000) }
            let verdict = newcomer.check(beside: [far], now: speaksAgain ? 102_500 : 106_100) { _ in true }
            #expect(speaksAgain ? option(verdict) == "--node-name" : verdict == .fits)
        }
    }

    @Test func `of two that began in the same moment one serves: the greater goes, the other waits for that`() {
        for (name, goes) in [("queue-1", true), ("queue-3", false)] {
            var newcomer = newcomer()
            #expect(newcomer.check(beside: [], now: 100_000) { _ in true } == .fits)
            let other = node { ($0.id, $0.keys) = (name, ["cc"]) }
            let verdict = newcomer.recheck(beside: [other], now: 100_001) { _ in true }
            #expect(goes ? option(verdict) == "--ticket-key-file" : verdict == .unsure)
            guard !goes else { continue }
            var patient = newcomer
            #expect(newcomer.recheck(beside: [other], now: 100_101) { _ in false } == .fits, "it went")
            #expect(option(patient.recheck(beside: [other], now: 102_001) { _ in true }) == "--ticket-key-file")
        }
        var newcomer = newcomer()
        #expect(newcomer.recheck(beside: [node { $0.keys = ["aa"] }], now: 100_001) { _ in true } == .fits)
    }

    @Test func `a public port is shared with processes of the same store only`() {
        var newcomer = newcomer(sharesPort: true)
        #expect(newcomer.check(beside: [], now: 100_500) { _ in true } == .unsure)
        #expect(newcomer.check(beside: [node { $0.isReady = false }], now: 100_500) { _ in true } == .fits)
        let elsewhere = node { $0.http = "http://127.0.0.1:81" }
        #expect(newcomer.check(beside: [elsewhere], now: 105_900) { _ in true } == .unsure)
        let verdict = newcomer.check(beside: [elsewhere], now: 106_000) { _ in true }
        guard case .conflict("--listen", let problem) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(problem.contains("127.0.0.1:80") && problem.contains("0123"))
    }

    @Test func `a listener is found in the kernel's table`() {
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue
               0: 0100007F:1F90 00000000:0000 0A 00000000:00000000
               1: 0100007F:1F91 0100007F:9999 01 00000000:00000000
               2: 00000000:1F92 00000000:0000 0A 00000000:00000000
            """
        func isTaken(_ text: String) -> Bool { ListeningPort.isTaken(ListenAddress(text)!, in: table) }
        #expect(isTaken("127.0.0.1:8080") && isTaken("0.0.0.0:8080") && !isTaken("127.0.0.2:8080"))
        #expect(!isTaken("127.0.0.1:8081") && isTaken("127.0.0.2:8082") && !isTaken("127.0.0.1:8083"))
    }
}
