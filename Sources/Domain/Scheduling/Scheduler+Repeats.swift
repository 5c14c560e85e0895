import Base

// Calls to a group that no purchase's grant pays for: they take tokens of the group's pace and room of its window as
// grants do, turn by turn with them, so that neither waits for the other to end.
extension Scheduler {
    /// What is known of such calls of one worker.
    struct Repeats: Sendable {
        var wanted: Int64 = 0  // as last reported
        var granted: Int64 = 0  // in this term
        var seen: Int64 = 0  // of that, as reported
        var crowded: Int64 = 0  // in flight and only resting
        var grantedAt = MonotonicInstant(nanoseconds: 0)
        var isFresh = false  // granted in this call

        var unused: Int64 { granted - seen }
        /// Wanted, and not on its way.
        var open: Int64 { max(0, wanted - unused) }
    }

    /// A worker says how many such calls it wants to make; nil of one that does not ask.
    mutating func hear(_ said: RepeatReport?, in report: WorkerReport, worker slot: Int, now: MonotonicInstant) {
        guard let said else {
            workers[slot].repeats = Repeats()
            return
        }
        var repeats = workers[slot].repeats
        repeats.wanted = said.wanted
        repeats.crowded = min(said.crowded, report.inFlight)
        if report.term == term {
            repeats.seen = max(repeats.seen, said.allowance)
            repeats.granted = max(repeats.granted, repeats.seen)
        }
        // A beat after it was sent it would have been heard of: it never arrived.
        if report.isComplete, now - repeats.grantedAt > Limits.heartbeat { repeats.granted = repeats.seen }
        workers[slot].repeats = repeats
        if repeats.open > 0, let group = workers[slot].group { groups[group].asking.insert(slot) }
    }

    /// With the new term all counting begins at zero.
    mutating func forgetRepeats(of slot: Int) {
        workers[slot].repeats.granted = 0
        workers[slot].repeats.seen = 0
        workers[slot].repeats.isFresh = false
    }

    /// Hands out leave for such calls: one a group where the last token went to a purchase, or all that is left.
    mutating func repeats(takingAll: Bool, to granted: inout [Int], now: MonotonicInstant) {
        for index in groups.indices where !groups[index].asking.isEmpty && (takingAll || !groups[index].hasRepeated) {
            while let slot = nextAsking(of: index, now: now), repeatTokens(index, now: now) > 0 {
                groups[index].asking.take(1)
                groups[index].hasRepeated = true
                if !workers[slot].hasNews { granted.append(slot) }
                workers[slot].repeats.granted += 1
                workers[slot].repeats.grantedAt = now
                workers[slot].repeats.isFresh = true
                touch(slot, now: now)
                workers[slot].awaited += 1
                groups[index].controller.sent(1, inFlight: groups[index].inFlight, now: now)
                if !takingAll { break }
            }
        }
    }

    /// Whose turn it is among the workers of a group that ask; those that want nothing more leave.
    private mutating func nextAsking(of group: Int, now: MonotonicInstant) -> Int? {
        while let (slot, _) = groups[group].asking.front(unit: 1) {
            if workers[slot].group == group, workers[slot].repeats.open > 0, isThere(slot, now: now) { return slot }
            groups[group].asking.removeFront()
        }
        return nil
    }

    /// What rests in a worker's hands is no call, and must not keep calls from going out.
    mutating func repeatTokens(_ index: Int, now: MonotonicInstant) -> Int64 {
        tokens(of: index, inFlight: groups[index].inFlight - groups[index].crowded, now: now)
    }
}
