import Base
import Glibc
import Testing

@testable import CommandLineModule

private func at(_ milliseconds: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: milliseconds * 1_000_000) }

private let (redis, queue, scheduler, worker) = (Node(.redis), Node(.queue), Node(.scheduler), Node(.worker))

/// A machine that serves: everything started at 0 and ready.
private func serving() -> SupervisorMachine {
    var machine = SupervisorMachine(queues: 1, workers: 1, ownsStore: true)
    for event in [SupervisorMachine.Event.begin, .storeAnswers, .ready(queue), .ready(scheduler), .ready(worker)] {
        _ = machine.handle(event, now: at(0))
    }
    return machine
}

@Test func `the first restart is at once, the later ones wait longer and never above a second`() {
    var policy = RestartPolicy()
    var delays: [Int64] = []
    for _ in 0..<9 {
        policy.started(now: at(0))
        delays.append(policy.died(now: at(10)).wholeMilliseconds)
    }
    #expect(delays == [0, 50, 100, 200, 400, 800, 1_000, 1_000, 1_000])
}

@Test func `a good run makes the next restart immediate again`() {
    var policy = RestartPolicy()
    for _ in 0..<5 {
        policy.started(now: at(0))
        _ = policy.died(now: at(1))
    }
    policy.started(now: at(0))
    #expect(policy.died(now: at(2_000)) == .zero)
}

@Test func `modules start when Redis has answered, and ready is announced once, when all serve`() {
    var machine = SupervisorMachine(queues: 2, workers: 1, ownsStore: true)
    #expect(machine.handle(.begin, now: at(0)) == [.start(redis), .probeStore])
    #expect(
        machine.handle(.storeAnswers, now: at(1))
            == [.start(queue), .start(Node(.queue, 2)), .start(scheduler), .start(worker)])
    #expect(machine.handle(.ready(queue), now: at(2)) == [])
    #expect(machine.handle(.ready(scheduler), now: at(2)) == [])
    #expect(machine.handle(.ready(worker), now: at(2)) == [])
    #expect(machine.handle(.ready(Node(.queue, 2)), now: at(3)) == [.publish, .announce])
    #expect(machine.handle(.ready(queue), now: at(4)) == [.publish, .report(.servesAgain(queue))])
}

@Test func `with a Redis that up did not start the modules start at once`() {
    var machine = SupervisorMachine(queues: 1, workers: 1, ownsStore: false)
    #expect(machine.handle(.begin, now: at(0)) == [.start(queue), .start(scheduler), .start(worker)])
}

@Test func `a dead child is started again, at once and then at the time it asked to be woken`() {
    var machine = serving()
    #expect(
        machine.handle(.exited(worker, .signal(9)), now: at(100))
            == [.report(.restart(worker, .signal(9), delay: .zero)), .start(worker)])
    let second = machine.handle(.exited(worker, .code(1)), now: at(110))
    #expect(
        second == [.report(.restart(worker, .code(1), delay: .milliseconds(50))), .wake(at: at(160))])
    #expect(machine.handle(.timer, now: at(159)) == [.wake(at: at(160))])
    #expect(machine.handle(.timer, now: at(160)) == [.start(worker)])
}

@Test func `a dead Redis is started again and asked until it answers, and the modules stay`() {
    var machine = serving()
    #expect(
        machine.handle(.exited(redis, .signal(9)), now: at(100)).suffix(2) == [.start(redis), .probeStore])
    #expect(machine.handle(.storeAnswers, now: at(200)) == [.publish, .report(.servesAgain(redis))])
}

@Test func `bad configuration at the start ends everything with 64, later it is a death like others`() {
    var machine = SupervisorMachine(queues: 1, workers: 1, ownsStore: true)
    _ = machine.handle(.begin, now: at(0))
    _ = machine.handle(.storeAnswers, now: at(0))
    let actions = machine.handle(.exited(queue, .code(64)), now: at(1))
    #expect(actions.first == .report(.startFailed(queue, .code(64))))
    #expect(actions.contains(.signal(worker, SIGTERM)))
    for node in [scheduler, worker] { _ = machine.handle(.exited(node, .code(0)), now: at(2)) }
    #expect(machine.handle(.exited(redis, .code(0)), now: at(3)) == [.finish(.badConfiguration)])

    var running = serving()
    #expect(running.handle(.exited(queue, .code(64)), now: at(1)).last == .start(queue))
}

@Test func `a child that cannot live through the start ends it with 1`() {
    var machine = SupervisorMachine(queues: 1, workers: 1, ownsStore: true)
    _ = machine.handle(.begin, now: at(0))
    _ = machine.handle(.storeAnswers, now: at(0))
    var time: Int64 = 0
    var actions: [SupervisorMachine.Action] = []
    for _ in 0..<SupervisorMachine.deathsAtStart {
        _ = machine.handle(.timer, now: at(time))
        actions = machine.handle(.exited(queue, .code(1)), now: at(time + 1))
        time += 1_001
    }
    #expect(actions.first == .report(.startFailed(queue, .code(1))))
}

@Test func `a Redis that dies before it answered ends the start with 1`() {
    var machine = SupervisorMachine(queues: 1, workers: 1, ownsStore: true)
    _ = machine.handle(.begin, now: at(0))
    #expect(machine.handle(.exited(redis, .code(1)), now: at(1)).last == .finish(.failed))
}

@Test func `a stop ends intake first and Redis last`() {
    var machine = serving()
    let stop = machine.handle(.stopRequested(signal: SIGTERM), now: at(0))
    #expect(
        stop == [
            .report(.stopping), .wake(at: at(6_000)), .signal(queue, SIGTERM), .signal(worker, SIGTERM),
            .signal(scheduler, SIGTERM),
        ])
    #expect(machine.handle(.exited(queue, .code(0)), now: at(1)) == [])
    #expect(machine.handle(.exited(scheduler, .code(0)), now: at(1)) == [])
    #expect(
        machine.handle(.exited(worker, .code(0)), now: at(2)) == [.wake(at: at(10_002)), .signal(redis, SIGTERM)])
    #expect(machine.handle(.exited(redis, .code(0)), now: at(3)) == [.finish(.done)])
}

@Test func `who does not end in time is killed, and not before`() {
    var machine = serving()
    _ = machine.handle(.stopRequested(signal: SIGTERM), now: at(0))
    _ = machine.handle(.exited(queue, .code(0)), now: at(1))
    #expect(machine.handle(.timer, now: at(5_999)) == [])
    #expect(
        machine.handle(.timer, now: at(6_000)) == [
            .report(.killed(scheduler)), .signal(scheduler, SIGKILL), .report(.killed(worker)),
            .signal(worker, SIGKILL),
        ])
}

@Test(arguments: [(SIGTERM, 100), (SIGINT, 1)] as [(Int32, Int64)])
func `a second signal kills all at once and leaves with 130, an echo of the first does not`(signal: Int32, time: Int64)
{
    var machine = serving()
    _ = machine.handle(.stopRequested(signal: SIGTERM), now: at(0))
    #expect(machine.handle(.stopRequested(signal: SIGTERM), now: at(99)) == [])
    let second = machine.handle(.stopRequested(signal: signal), now: at(time))
    #expect(second.filter { if case .signal(_, SIGKILL) = $0 { true } else { false } }.count == 4)
    for node in [queue, scheduler, worker] { #expect(machine.handle(.exited(node, .signal(9)), now: at(2)) == []) }
    #expect(machine.handle(.exited(redis, .signal(9)), now: at(2)) == [.finish(.interrupted)])
}

@Test func `a child that waits for its restart is not started once a stop was asked for`() {
    var machine = serving()
    _ = machine.handle(.exited(worker, .code(1)), now: at(1))
    _ = machine.handle(.exited(worker, .code(1)), now: at(2))
    _ = machine.handle(.stopRequested(signal: SIGTERM), now: at(3))
    #expect(!machine.handle(.timer, now: at(5_000)).contains(.start(worker)))
}
