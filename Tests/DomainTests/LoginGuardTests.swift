import Base
import Domain
import Testing

private func moment(_ seconds: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: seconds * 1_000_000_000) }

@Test func `five failed logins a minute are refused at once, those above late`() {
    var logins = LoginGuard()
    for second in 0..<5 { #expect(logins.failed(from: "a", now: moment(Int64(second))) == .refuse) }
    #expect(logins.failed(from: "a", now: moment(5)) == .refuseLate(Limits.lateRefusal))
    #expect(logins.failed(from: "b", now: moment(5)) == .refuse, "another network has its own five")
    // The failures of seconds 1 to 5 count until a minute after each.
    #expect(logins.failed(from: "a", now: moment(60)) == .refuseLate(Limits.lateRefusal))
    #expect(logins.failed(from: "a", now: moment(63)) == .refuse)
    #expect(logins.failures == 9)
}

@Test func `no more refusals are late at once than fit, and all others learn when to come back`() {
    var logins = LoginGuard()
    for _ in 0..<5 { _ = logins.failed(from: "a", now: moment(10)) }
    for _ in 0..<Limits.lateRefusals { #expect(logins.failed(from: "a", now: moment(12)) != .refuse) }
    guard case .turnAway(let wait) = logins.failed(from: "a", now: moment(13)) else {
        Issue.record("not turned away")
        return
    }
    #expect(wait == .seconds(59))
    logins.answeredLate()
    #expect(logins.failed(from: "a", now: moment(13)) == .refuseLate(Limits.lateRefusal))
}

@Test func `what it remembers is bounded, and the oldest network is forgotten first`() {
    var logins = LoginGuard(visitorsAtMost: 2)
    for _ in 0..<6 { _ = logins.failed(from: "a", now: moment(0)) }
    _ = logins.failed(from: "b", now: moment(0))
    #expect(logins.failed(from: "a", now: moment(1)) != .refuse)
    _ = logins.failed(from: "c", now: moment(1))
    #expect(logins.failed(from: "a", now: moment(1)) == .refuse, "a was forgotten for c")
}

@Test func `a flood is logged once a second, and of how many there were`() {
    var logins = LoginGuard()
    #expect(logins.takeReport(now: moment(0)) == nil)
    _ = logins.failed(from: "a", now: moment(0))
    #expect(logins.takeReport(now: moment(0)) == 1)
    for _ in 0..<7 {
        _ = logins.failed(from: "a", now: moment(0))
        #expect(logins.takeReport(now: moment(0)) == nil)
    }
    _ = logins.failed(from: "a", now: moment(1))
    #expect(logins.takeReport(now: moment(1)) == 8)
}
