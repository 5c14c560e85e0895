import Base
import Testing

@testable import Domain

/// A store and a process whose clocks may go wrong, beside the time that really passes; all in milliseconds.
private struct Clocks {
    private static let began: Int64 = 1_800_000_000_000
    private var passed: Int64 = 0
    var store = Self.began
    var own: Int64 = 50_000
    private(set) var clock: PayClock
    private(set) var changes: [PayClock.Change] = []
    /// By how much a hold could have ended early, at most.
    private(set) var earliest: Int64 = 0

    init() { clock = PayClock(store: Self.wall(Self.began), machine: Self.wall(1), saved: nil, now: at(50_000)) }

    static func wall(_ milliseconds: Int64) -> WallInstant { WallInstant(milliseconds: milliseconds) }

    /// What holds have really been waiting for.
    var truth: WallInstant { Self.wall(Self.began + passed) }
    /// How far the process's clock is ahead of what has really passed.
    var ahead: Int64 { (clock.time(at: at(own)) - truth).wholeMilliseconds }

    /// Time passes, twice a second the clocks are compared.
    mutating func run(for span: Int64, store storePercent: Int64 = 100, own ownPercent: Int64 = 100) {
        for _ in 0..<span / 500 {
            passed += 500
            store += 5 * storePercent
            own += 5 * ownPercent
            compare()
            // As expire.lua: both clocks must be behind a deadline, and no more than a second apart.
            let other = Self.wall(store) + (.zero - clock.storeAhead)
            let mine = clock.time(at: at(own))
            if abs((mine - other).wholeMilliseconds) <= 1_000 {
                earliest = max(earliest, (min(mine, other) - truth).wholeMilliseconds)
            }
        }
    }

    /// The process stands still, and the clocks go on.
    mutating func stop(for span: Int64) {
        passed += span
        store += span
        own += span
    }

    mutating func compare(replyTook span: Int64 = 0) {
        let change = clock.see(store: Self.wall(store), sent: at(own - span), now: at(own))
        if let change { changes.append(change) }
    }
}

@Test(arguments: [3_600_000, -3_600_000, 2_000, -2_000] as [Int64])
func `a jump of the store's clock ends no hold early, and is believed after five seconds`(jump: Int64) {
    var clocks = Clocks()
    clocks.run(for: 10_000)
    clocks.store += jump
    clocks.run(for: 4_500)
    #expect(clocks.clock.isParted && clocks.changes == [.parted(by: .milliseconds(jump))])
    clocks.run(for: 1_500)
    #expect(!clocks.clock.isParted && clocks.clock.storeAhead == .milliseconds(jump))
    #expect(clocks.changes.last == .believed(storeAhead: .milliseconds(jump), back: .zero))
    #expect(clocks.earliest == 0 && clocks.ahead == 0)
    // It was wrong, and comes back: what is due ends at once.
    clocks.run(for: 60_000)
    clocks.store -= jump
    clocks.run(for: 500)
    #expect(!clocks.clock.isParted && clocks.clock.storeAhead == .zero && clocks.ahead == 0 && clocks.earliest == 0)
}

@Test(arguments: [3_600_000, -3_600_000] as [Int64])
func `a jump of the store's clock that is over within five seconds leaves nothing behind`(jump: Int64) {
    var clocks = Clocks()
    clocks.store += jump
    clocks.run(for: 3_000)
    clocks.store -= jump
    clocks.run(for: 500)
    #expect(clocks.changes == [.parted(by: .milliseconds(jump)), .agreed])
    clocks.run(for: 60_000)
    #expect(clocks.clock.storeAhead == .zero && clocks.ahead == 0 && clocks.earliest == 0)
}

@Test func `a process whose clock jumps ahead compares before it ends anything, and goes back`() {
    var clocks = Clocks()
    clocks.run(for: 10_000)
    clocks.own += 3_600_000
    #expect(!clocks.clock.isFresh(at: at(clocks.own)))
    clocks.run(for: 10_000)
    #expect(clocks.changes == [.jumped(back: .milliseconds(3_600_000))])
    #expect(clocks.ahead == 0 && clocks.earliest == 0 && clocks.clock.storeAhead == .zero)
}

@Test func `a process whose clock jumps back ends nothing early, and what was held then as much later`() {
    var clocks = Clocks()
    clocks.run(for: 10_000)
    clocks.own -= 3_600_000
    clocks.run(for: 3_000)
    #expect(clocks.clock.isParted)
    clocks.run(for: 6_000)
    #expect(!clocks.clock.isParted && clocks.earliest == 0 && clocks.ahead == -3_600_000)
}

@Test func `a clock of the process that is a third too fast ends nothing early, also when it is right again`() {
    var clocks = Clocks()
    clocks.run(for: 20_000, own: 130)
    #expect(clocks.clock.isParted && clocks.ahead == 6_000)
    clocks.run(for: 60_000)
    #expect(!clocks.clock.isParted && clocks.earliest == 0 && clocks.ahead <= 0 && clocks.ahead > -200)
}

@Test(arguments: [70, 0] as [Int64])
func `a clock of the process that is slow or stands still ends holds late by what it lost, and none early`(
    percent: Int64
) {
    var clocks = Clocks()
    clocks.run(for: 20_000, own: percent)
    #expect(clocks.clock.isParted && clocks.earliest == 0)
    clocks.run(for: 10_000)
    #expect(!clocks.clock.isParted && clocks.earliest == 0 && clocks.ahead == 200 * (percent - 100))
}

@Test(arguments: [130, 70, 0] as [Int64])
func `a store whose clock is fast, slow or stands still ends nothing early, and all on time once it is right`(
    percent: Int64
) {
    var clocks = Clocks()
    clocks.run(for: 20_000, store: percent)
    #expect(clocks.clock.isParted && clocks.earliest == 0)
    clocks.store = clocks.truth.milliseconds
    clocks.run(for: 500)
    #expect(!clocks.clock.isParted && clocks.ahead == 0)
    clocks.run(for: 20_000)
    #expect(clocks.earliest == 0 && clocks.ahead == 0 && clocks.clock.storeAhead == .zero)
}

@Test func `two good clocks that drift apart over hours are no trouble`() {
    var clocks = Clocks()
    for _ in 0..<6_000 {
        clocks.run(for: 2_000)
        clocks.store += 1
    }
    #expect(clocks.changes.isEmpty && clocks.ahead == 0 && clocks.clock.storeAhead > .seconds(5))
    for _ in 0..<6_000 {
        clocks.run(for: 2_000)
        clocks.store -= 1
    }
    #expect(clocks.changes.isEmpty && clocks.earliest == 0 && clocks.ahead > -7_000)
}

@Test func `a process that was stopped compares before it ends anything, and its clock has gone on`() {
    var clocks = Clocks()
    clocks.run(for: 1_000)
    #expect(clocks.clock.isFresh(at: at(clocks.own + 2_000)))
    clocks.stop(for: 30_000)
    #expect(!clocks.clock.isFresh(at: at(clocks.own)))
    clocks.run(for: 500)
    #expect(clocks.clock.isFresh(at: at(clocks.own)) && clocks.changes.isEmpty && clocks.ahead == 0)
}

@Test func `a reply that took long raises no alarm, and one that took too long says nothing`() {
    var clocks = Clocks()
    clocks.run(for: 5_000)
    clocks.own += 700
    clocks.compare(replyTook: 700)
    #expect(clocks.changes.isEmpty && clocks.clock.apart == .zero)
    clocks.own += 3_000
    clocks.compare(replyTook: 3_000)
    #expect(clocks.changes.isEmpty && !clocks.clock.isFresh(at: at(clocks.own)))
}

private func wall(_ seconds: Int64) -> WallInstant { WallInstant(milliseconds: seconds * 1_000) }

/// A clock that goes on from one that showed 100,000 s while its machine showed 200,000 s.
private func successor(store: Int64, machine: Int64, ahead: TimeSpan = .zero) -> PayClock {
    let saved = LeaderClock(now: wall(100_000), machine: wall(200_000), storeAhead: ahead)
    return PayClock(store: wall(store), machine: wall(machine), saved: saved, now: at(0))
}

@Test func `the first process begins with the store's clock`() {
    let clock = PayClock(store: wall(77), machine: wall(5), saved: nil, now: at(9))
    #expect(clock.time(at: at(9)) == wall(77) && clock.time(at: at(1_009)) == wall(78))
}

@Test func `a new process goes on from the last leader's clock, by the shorter time that may have passed`() {
    #expect(successor(store: 100_003, machine: 200_003).time(at: at(0)) == wall(100_003))
    #expect(successor(store: 103_603, machine: 200_003).time(at: at(0)) == wall(100_003), "the store's clock jumped")
    #expect(successor(store: 100_003, machine: 203_600).time(at: at(0)) == wall(100_003), "the machine's clock did")
    #expect(successor(store: 96_403, machine: 200_003).time(at: at(0)) == wall(100_000), "the store's clock went back")
    #expect(successor(store: 100_003, machine: 196_400).time(at: at(0)) == wall(100_000), "the machine's clock did")
    let later = successor(store: 103_603, machine: 200_003, ahead: .seconds(3_600))
    #expect(later.time(at: at(0)) == wall(100_003) && later.storeAhead == .seconds(3_600), "known before")
}

@Test func `a store whose clock went back while a new leader began is believed, and nothing ends late by it`() {
    var clock = successor(store: 96_403, machine: 200_003)
    for second in 0..<8 as Range<Int64> {
        _ = clock.see(store: wall(96_403 + second), sent: at(1_000 * second), now: at(1_000 * second))
    }
    #expect(!clock.isParted && clock.time(at: at(7_000)) == wall(100_007) && clock.storeAhead == .seconds(-3_597))
}

@Test func `who takes over goes back to the clock by which the last leader gave holds, and never ahead`() {
    var clock = PayClock(store: wall(100_060), machine: wall(200_000), saved: nil, now: at(0))
    _ = clock.see(store: wall(100_060), sent: at(0), now: at(0))
    let behind = LeaderClock(now: wall(100_000), machine: wall(200_000))
    #expect(clock.takeOver(from: behind, machine: wall(200_003), now: at(3_000)) == .seconds(60))
    #expect(clock.time(at: at(3_000)) == wall(100_003) && clock.apart == .zero && clock.storeAhead == .seconds(60))
    let ahead = LeaderClock(now: wall(100_900), machine: wall(200_003))
    #expect(clock.takeOver(from: ahead, machine: wall(200_004), now: at(4_000)) == .zero)
    #expect(clock.time(at: at(4_000)) == wall(100_004))
}

@Test func `a hold is called for when both clocks are behind its end`() {
    var clocks = Clocks()
    clocks.store -= 300
    clocks.run(for: 500)
    let now = clocks.clock.time(at: at(clocks.own))
    #expect(clocks.clock.moment(behind: now + .seconds(2)) == at(clocks.own + 2_301))
}

@Test func `a saved clock is read as it was written, and not where it is damaged`() {
    let clock = LeaderClock(now: wall(100_000), machine: wall(200_000), storeAhead: .seconds(-3_600))
    #expect(LeaderClock(clock.text) == clock)
    for text in ["", "1 2", "1 2 x", "0 2 3", "9223372036854775807 2 3", "1 2 -9223372036854775807", "1 2 3 4"] {
        #expect(LeaderClock(text) == nil, "\(text)")
    }
}
