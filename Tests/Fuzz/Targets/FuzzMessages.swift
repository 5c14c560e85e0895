import Base
import Domain
import Store

/// No message of the store's channels ends a process, whatever stands in it; what is read of a report or a grant,
/// written again, reads the same.
///
/// The first byte chooses the kind (`g`, `n`, `r`); the rest is the message.
func fuzzMessages(_ bytes: [UInt8]) {
    guard let kind = bytes.first else { return }
    let payload = Array(bytes[1...])
    switch kind % 3 {
    case 0: fuzzReport(payload)
    case 1: fuzzGrants(payload)
    default: fuzzNotification(payload)
    }
}

private func fuzzGrants(_ payload: [UInt8]) {
    if let retries = RetryGrant.decode(payload) {
        require(RetryGrant.decode(Array(retries.encode().utf8)) == retries, "other leave when written again")
        require(Grant.decode(payload) == nil, "leave for calls read as a grant")
    }
    guard let grants = Grant.decode(payload) else { return }
    require(Grant.decode(Array(Grant.encode(grants).utf8)) == grants, "other grants when written again")
    var book = GrantBook()
    for grant in grants { book.grant(grant, now: MonotonicInstant(nanoseconds: 0)) }
    for take in book.takes(inFlight: 0) {
        require((1...Int64(Limits.batch)).contains(take.count), "a take of \(take.count)")
        book.taken(take, winners: take.count, stop: .limitReached, counters: ItemCounters())
    }
    let lines = book.lines(complete: true)
    require(lines.allSatisfy { $0.used <= $0.allowance }, "more used than allowed")
}

private func fuzzReport(_ payload: [UInt8]) {
    guard var report = WorkerReport.decode(payload) else { return }
    require(WorkerReport.decode(Array(report.encode().utf8)) == report, "another report when written again")
    var now = MonotonicInstant(nanoseconds: 0)
    var scheduler = Scheduler(lease: .seconds(3))
    scheduler.begin(term: report.term, now: now)
    for _ in 0..<4 {
        scheduler.workerReported(report, now: now)
        for outgoing in scheduler.grants(now: now) {
            require(!outgoing.grants.isEmpty || outgoing.retries?.allowance ?? 0 > 0, "an empty message")
            require(outgoing.grants.allSatisfy { $0.allowance > 0 }, "an empty grant")
        }
        report.beat &+= 1
        now = now + .microseconds(1)
    }
    require(scheduler.resources.allSatisfy { $0.state.window >= 1 }, "a window of nothing")
    let hints = scheduler.measure(now: now)
    require(ResourceHint.decode(Array(ResourceHint.encode(hints).utf8)) == hints, "other hints when written again")
    scheduler.workerGone(report.worker, now: now)
}

private func fuzzNotification(_ payload: [UInt8]) {
    guard let notification = ChangeNotification(payload: payload) else { return }
    // A run may be as long as the queue; memory follows it, and that is not what is looked for here.
    let decided = notification.runs.reduce(0) { $0 + $1.count }
    guard decided <= 1 << 20, notification.runs.allSatisfy({ $0.first <= 1 << 24 }) else { return }
    let now = MonotonicInstant(nanoseconds: 0)
    let snapshot = ItemSnapshot(
        counters: ItemCounters(), settings: ItemSettings(), boot: "", incarnation: notification.incarnation,
        salt: [UInt8](repeating: 0, count: 16), storeTime: WallInstant(milliseconds: 0))
    let view = ItemView(name: notification.item, snapshot: snapshot, isFollowed: true, now: now)
    view.apply(notification, now: now)
    for run in notification.runs {
        if case .queued(let position) = view.locate(run.first) {
            require(position >= 1, "a position of \(position)")
            _ = view.verdict(run.first, ahead: position - 1, quantity: 1000)
        }
    }
    _ = view.gate(tag: 1, now: now)
    _ = view.remembered(notification.counters.tail)
    _ = view.drainPerSecond(now: now)
    _ = (view.counters.waiting, view.counters.stockTotal)
}
