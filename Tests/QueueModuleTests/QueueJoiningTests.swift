import Base
import Operations
import Testing

@testable import QueueModule

/// A process that joins, its clock and its neighbours in the hand of the test.
private final class Joiner {
    var others: [Newcomer.Neighbour]? = []
    var now: Int64 = 100_000
    var refused: [String] = []
    var described = 0
    var isDone = false
    var onDescribe: () -> Void = {}
    private var waiting: [() -> Void] = []
    private var joining: QueueJoining!

    init(sharesPort: Bool = false) {
        let newcomer = Newcomer(Joiner.node("queue-2"), store: "s", sharesPort: sharesPort, now: now)
        joining = QueueJoining(
            newcomer,
            ports: QueueJoining.Ports(
                others: { [unowned self] in $0(others) },
                describe: { [unowned self] in
                    described += 1
                    onDescribe()
                    $0()
                },
                isAlive: { _ in true }, now: { [unowned self] in now },
                later: { [unowned self] span, action in
                    #expect(span == QueueJoining.pause)
                    waiting.append(action)
                }, refuse: { [unowned self] option, _ in refused.append(option) }))
    }

    var hasJoined: Bool { joining.hasJoined }

    func start() { joining.start { [unowned self] in isDone = true } }

    /// Lets 100 ms pass.
    func pass() {
        now += 100
        let due = waiting
        waiting = []
        for action in due { action() }
    }

    static func node(_ id: String, pid: Int64 = 2, keys: [String] = ["aa"]) -> NodeDescription {
        var node = NodeDescription(id: id, role: "queue", pid: pid, isReady: true)
        (node.machine, node.keys, node.http) = ("m", keys, "http://127.0.0.1:80")
        return node
    }

    func neighbour(_ id: String, keys: [String] = ["aa"]) -> Newcomer.Neighbour {
        Newcomer.Neighbour(Self.node(id, pid: 1, keys: keys), describedAt: now)
    }
}

@Suite struct QueueJoiningTests {
    @Test func `who fits is described once and done at once`() {
        let joiner = Joiner()
        joiner.others = [joiner.neighbour("queue-1")]
        joiner.start()
        #expect(joiner.isDone && joiner.hasJoined && joiner.described == 1 && joiner.refused.isEmpty)
    }

    @Test func `while the store sends nothing it requests again, and is not described`() {
        let joiner = Joiner()
        joiner.others = nil
        joiner.start()
        joiner.pass()
        #expect(!joiner.isDone && !joiner.hasJoined && joiner.described == 0)
        joiner.others = []
        joiner.pass()
        #expect(joiner.isDone && joiner.described == 1)
    }

    @Test func `a conflict ends it before it stands on the list`() {
        let joiner = Joiner()
        joiner.others = [joiner.neighbour("queue-2")]
        joiner.start()
        joiner.pass()
        #expect(joiner.refused == ["--node-name"] && !joiner.isDone && !joiner.hasJoined)
    }

    @Test func `a shared port is watched until its owner is seen`() {
        let joiner = Joiner(sharesPort: true)
        joiner.start()
        joiner.pass()
        #expect(!joiner.hasJoined && joiner.refused.isEmpty)
        joiner.others = [joiner.neighbour("queue-1")]
        joiner.pass()
        #expect(joiner.isDone)
    }

    @Test func `of two that began in the same moment the smaller name waits until the other is gone`() {
        let joiner = Joiner()
        joiner.onDescribe = { [unowned joiner] in joiner.others = [joiner.neighbour("queue-3", keys: ["bb"])] }
        joiner.start()
        #expect(joiner.hasJoined && !joiner.isDone && joiner.refused.isEmpty)
        joiner.others = []
        joiner.pass()
        #expect(joiner.isDone)
    }
}
