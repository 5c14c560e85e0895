import Domain
import RedisClient
import Testing

@testable import Store

// The bytes that processes of two releases send each other, written out: who changes them breaks an upgrade.

private let demo = ItemName("demo")!
private let numbers = " 1 2 3 40 5 6 17 8 9 10 1 12"
private let counters = ItemCounters([1, 2, 3, 40, 5, 6, 17, 8, 9, 10, 1, 12])!

private func report(_ stop: DeductStop) -> WorkerReport {
    WorkerReport(
        worker: "w", beat: 1, term: 2, inFlight: 3, completed: 4, executionSum: 5, isComplete: true,
        lines: [
            .init(item: demo, allowance: 6, used: 7, stop: stop, counters: counters)
        ])
}

@Test(
    arguments: [
        (.limitReached, 0), (.queueEmpty, 1), (.headWaits, 2), (.itemHalted, 3), (.itemEnded, 4), (.callFailed, 5),
    ] as [(DeductStop, Int)])
func `a report says why the last call ended in the number that it always had`(stop: DeductStop, code: Int) {
    let text = "w 1 2 3 4 5 1 0\ndemo 6 7 \(code)\(numbers)"
    #expect(report(stop).encode() == text)
    #expect(WorkerReport.decode(Array(text.utf8)) == report(stop))
}

@Test func `what waits for an idle worker is still granted, and an unknown reason takes nothing away`() {
    #expect(report(.needsIdleWorker).encode() == report(.limitReached).encode())
    #expect(WorkerReport.decode(Array("w 1 2 3 4 5 1 0\ndemo 6 7 99\(numbers)".utf8)) == report(.limitReached))
}

@Test func `a report of a worker with orders is what it was`() {
    var whole = report(.limitReached)
    whole.knowsIncarnations = true
    whole.presence = .leaving
    whole.lines[0].incarnation = 255
    whole.orders = .init(
        times: [5, 0, 1 << 40], residenceSum: 99, failed: 2,
        sink: SinkReport(
            group: "bank", capPerSecond: 30, breaker: .halfOpen,
            calls: [
                .init(microseconds: 7, result: .answered), .init(microseconds: 8, result: .busy),
                .init(microseconds: 9, result: .unknown),
            ], callCount: 400),
        retries: RetryReport(wanted: 8, allowance: 1 << 50, awaiting: 3))
    let text = """
        w 1 2 3 4 5 3 1
        demo 6 7 0\(numbers) 00000000000000ff
        !orders 2 99 5 0 1099511627776
        !sink bank 30 0 \(BreakerState.halfOpen.rawValue) 400 a7 b8 u9
        !repeats 8 1125899906842624 3
        """
    #expect(whole.encode() == text)
    #expect(WorkerReport.decode(Array(text.utf8)) == whole)
    whole.presence = .gone
    #expect(whole.encode().hasPrefix("w 1 2 3 4 5 3 2\n"))
}

@Test func `grants and permits are what they were`() {
    let grants = [
        Grant(term: 3, item: demo, allowance: 9), Grant(term: 3, item: demo, allowance: 10, limit: 1),
        Grant(term: 3, item: demo, allowance: 2, incarnation: 0),
        Grant(term: 3, item: demo, allowance: 2, limit: 4, incarnation: 0xfedc_ba98_7654_3210),
    ]
    let text = "3 demo 9\n3 demo 10 1\n3 demo 2 - 0000000000000000\n3 demo 2 4 fedcba9876543210"
    #expect(Grant.encode(grants) == text && Grant.decode(Array(text.utf8)) == grants)
    let permits = RetryGrant(term: 3, allowance: 7)
    #expect(permits.encode() == "!repeats 3 7" && RetryGrant.decode(Array("!repeats 3 7".utf8)) == permits)
}

@Test func `every reason that deduct replies has the number that it always had`() {
    let reasons: [DeductStop] = [.limitReached, .queueEmpty, .headWaits, .itemHalted, .itemEnded, .needsIdleWorker]
    for (code, reason) in reasons.enumerated() {
        #expect(DeductStop(reply: Int64(code)) == reason && reason.replyCode == Int64(code))
    }
    #expect(DeductStop(reply: 6) == nil && DeductStop(reply: -1) == nil && DeductStop.callFailed.replyCode == nil)
}

@Test func `a script publishes the bytes that it always did`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 5)
    let options = try Rig.options(rig.server)
    let subscriber = RedisSubscriber(
        loop: rig.loop, endpoint: options.endpoint, channels: [ControlKeys.changes(database: 0)],
        options: options.redisOptions)
    var received: [[UInt8]] = []
    subscriber.onMessage = { received.append($1) }
    subscriber.start()
    defer { subscriber.close() }
    try #require(rig.turns { subscriber.isReady })
    try rig.fill(2, into: item)
    try rig.admit(Buy("u0"), Buy("more", 2), into: item)
    try rig.deduct(2, from: item)
    try rig.alter(item, .pause)
    let incarnation = "1122334455667788"
    try #require(rig.turns { received.count == 4 })
    #expect(received[0] == Array("D item \(incarnation) 2 2 0 2 0 5 0 0 0 0 0 0\n".utf8))
    #expect(received[1] == Array("C item \(incarnation) 3 3 0 3 0 5 0 0 0 0 0 0\n".utf8))
    #expect(
        received[2] == Array("D item \(incarnation) 4 4 2 3 0 3 0 0 2 0 0 0\n".utf8) + [0, 0, 0, 1, 0, 0, 0, 2, 1])
    #expect(received[3] == Array("C item \(incarnation) 5 5 2 3 0 3 0 0 2 0 0 0\n".utf8))
}
