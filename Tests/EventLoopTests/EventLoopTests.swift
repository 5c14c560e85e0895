import Base
import CLinux
import Glibc
import Testing

@testable import EventLoop

private final class Recorder: ReadinessHandler {
    var seen: [Readiness] = []
    var action: () -> Void = {}
    func ready(_ readiness: Readiness) {
        seen.append(readiness)
        action()
    }
}

@Test func `timers run in order of time, then of scheduling`() {
    var queue = TimerQueue()
    var ran: [Int] = []
    func at(_ nanoseconds: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: nanoseconds) }
    _ = queue.schedule(at: at(30)) { ran.append(3) }
    _ = queue.schedule(at: at(10)) { ran.append(1) }
    let cancelled = queue.schedule(at: at(10)) { ran.append(99) }
    _ = queue.schedule(at: at(10)) { ran.append(2) }
    queue.cancel(cancelled)
    while let action = queue.popDue(now: at(29)) { action() }
    #expect(ran == [1, 2])
    while let action = queue.popDue(now: at(30)) { action() }
    #expect(ran == [1, 2, 3])
}

@Test func `cancelled timers do not pile up`() {
    var queue = TimerQueue()
    for number in 0..<10_000 {
        queue.cancel(queue.schedule(at: MonotonicInstant(nanoseconds: Int64(number)), {}))
    }
    #expect(queue.count == 0)
    #expect(queue.popDue(now: MonotonicInstant(nanoseconds: .max)) == nil)
}

@Test func `a readable descriptor reaches its handler, and none after deregistration`() throws {
    let loop = try EventLoop()
    let descriptor = clinux_eventfd()
    defer { close(descriptor) }
    let recorder = Recorder()
    let token = try loop.register(descriptor, for: .readable, handler: recorder)
    _ = clinux_eventfd_signal(descriptor)
    loop.turn(waitAtMost: .seconds(5))
    #expect(recorder.seen.count == 1)
    loop.deregister(descriptor, token: token)
    loop.turn(waitAtMost: .zero)
    #expect(recorder.seen.count == 1)
}

@Test func `an event fetched for a descriptor that was let go in the same turn is dropped`() throws {
    let loop = try EventLoop()
    let descriptors = [clinux_eventfd(), clinux_eventfd()]
    defer { for descriptor in descriptors { close(descriptor) } }
    let recorders = [Recorder(), Recorder()]
    let tokens = try (0..<2).map { try loop.register(descriptors[$0], for: .readable, handler: recorders[$0]) }
    for index in 0..<2 {
        recorders[index].action = { [other = 1 - index] in loop.deregister(descriptors[other], token: tokens[other]) }
        _ = clinux_eventfd_signal(descriptors[index])
    }
    loop.turn(waitAtMost: .seconds(5))
    #expect(recorders[0].seen.count + recorders[1].seen.count == 1)
}

@Test func `work posted from other threads runs on the loop, in order, and stop ends it`() throws {
    let loop = try EventLoop()
    let remote = loop.remote
    let thread = LoopThread {
        for index in 0..<1000 { remote.post { Collected.shared.append(index) } }
        remote.post { remote.stop() }
    }
    loop.run()
    thread.join()
    #expect(Collected.shared.values == Array(0..<1000))
}

private final class Collected: @unchecked Sendable {
    static let shared = Collected()
    private(set) var values: [Int] = []
    func append(_ value: Int) { values.append(value) }
}

@Test func `hooks run once a turn, after timers`() throws {
    let loop = try EventLoop()
    var order: [String] = []
    loop.beforeSleep { order.append("hook") }
    loop.schedule(after: .milliseconds(-1)) { order.append("timer") }
    loop.turn(waitAtMost: .zero)
    #expect(order == ["timer", "hook"])
}

@Test func `an action before sleep runs once, after the hooks, even when a hook or another action asks for it`() throws
{
    let loop = try EventLoop()
    var order: [String] = []
    loop.beforeSleep {
        order.append("hook")
        guard order.count == 1 else { return }
        loop.beforeSleepOnce {
            order.append("action")
            loop.beforeSleepOnce { order.append("action of action") }
        }
    }
    loop.turn(waitAtMost: .zero)
    #expect(order == ["hook", "action", "action of action"])
    loop.turn(waitAtMost: .zero)
    #expect(order.last == "hook" && order.count == 4)
}

@Test func `a turn does not wait while an action before sleep is pending`() throws {
    let loop = try EventLoop()
    var ran = false
    loop.beforeSleepOnce { ran = true }
    loop.turn(waitAtMost: nil)
    #expect(ran)
}

@Test(arguments: [true, false])
func `a turn polls again, before its hooks, only while that is worth it`(isWorthIt: Bool) throws {
    let loop = try EventLoop()
    let descriptors = [clinux_eventfd(), clinux_eventfd()]
    defer { for descriptor in descriptors { close(descriptor) } }
    let recorders = [Recorder(), Recorder()]
    for index in 0..<2 { _ = try loop.register(descriptors[index], for: .readable, handler: recorders[index]) }
    recorders[0].action = { _ = clinux_eventfd_signal(descriptors[1]) }
    var seenByHook: [Int] = []
    loop.pollAgain { isWorthIt && recorders[1].seen.isEmpty }
    loop.beforeSleep { seenByHook.append(recorders[1].seen.count) }
    _ = clinux_eventfd_signal(descriptors[0])
    loop.turn(waitAtMost: .seconds(5))
    #expect(seenByHook == [isWorthIt ? 1 : 0])
}

@Test func `a descriptor that is always ready does not keep a turn from its end`() throws {
    let loop = try EventLoop()
    let descriptor = clinux_eventfd()
    defer { close(descriptor) }
    let recorder = Recorder()
    _ = try loop.register(descriptor, for: .readable, handler: recorder)
    loop.pollAgain { true }
    _ = clinux_eventfd_signal(descriptor)
    loop.turn(waitAtMost: .seconds(5))
    #expect(recorder.seen.count == 1 + EventLoop.polls)
}

@Test func `a long turn does not poll again`() throws {
    let loop = try EventLoop()
    let descriptors = (0..<EventLoop.longTurn).map { _ in clinux_eventfd() }
    defer { for descriptor in descriptors { close(descriptor) } }
    let recorders = descriptors.map { _ in Recorder() }
    for (descriptor, recorder) in zip(descriptors, recorders) {
        _ = try loop.register(descriptor, for: .readable, handler: recorder)
        _ = clinux_eventfd_signal(descriptor)
    }
    loop.pollAgain { true }
    loop.turn(waitAtMost: .seconds(5))
    #expect(recorders.map(\.seen.count) == Array(repeating: 1, count: EventLoop.longTurn))
}

@Test func `an action after events runs once, behind all of them and before the hooks`() throws {
    let loop = try EventLoop()
    let descriptors = (0..<3).map { _ in clinux_eventfd() }
    defer { for descriptor in descriptors { close(descriptor) } }
    var order: [String] = []
    loop.beforeSleep { order.append("hook") }
    for descriptor in descriptors {
        let recorder = Recorder()
        recorder.action = {
            if !order.contains("event") {
                loop.afterEventsOnce {
                    order.append("after")
                    loop.afterEventsOnce { order.append("and after that") }
                }
            }
            order.append("event")
        }
        _ = try loop.register(descriptor, for: .readable, handler: recorder)
        _ = clinux_eventfd_signal(descriptor)
    }
    loop.turn(waitAtMost: .seconds(5))
    #expect(order == ["event", "event", "event", "after", "and after that", "hook"])
}

@Test func `the lag is the longest of the last ten to twenty seconds, whoever asks`() {
    func at(_ seconds: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: seconds * 1_000_000_000) }
    var lag = LoopLag(now: at(0))
    #expect(lag.longest(now: at(1)) == .zero)
    lag.record(.milliseconds(7), now: at(2))
    lag.record(.milliseconds(3), now: at(3))
    #expect(lag.longest(now: at(4)) == .milliseconds(7) && lag.longest(now: at(4)) == .milliseconds(7))
    lag.record(.milliseconds(1), now: at(11))
    #expect(lag.longest(now: at(12)) == .milliseconds(7), "that of the window before still counts")
    lag.record(.milliseconds(2), now: at(22))
    #expect(lag.longest(now: at(23)) == .milliseconds(2))
    #expect(lag.longest(now: at(60)) == .zero, "nothing ran for so long that nothing is known")
}

@Test func `a timer that a long turn made late shows in the loop's lag`() throws {
    let loop = try EventLoop()
    loop.schedule(after: .milliseconds(1)) {}
    let end = EventLoop.readMonotonicClock() + .milliseconds(20)
    while EventLoop.readMonotonicClock() < end {}
    loop.turn(waitAtMost: .zero)
    #expect(loop.lag.longest(now: loop.now) >= .milliseconds(19))
}
