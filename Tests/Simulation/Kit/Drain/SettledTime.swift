import Base

// DESIGN
// A drain must be at nine tenths of what is possible 3 s after a slow-down and 5 s after a speed-up or its start, or 20
// service times where that is longer, and 20 s after the end of any fault. What it loses until then is permitted. The
// settled time is what is left. Where regimes are short, little or nothing is.

/// The parts of a drain in which it must have adapted to all that happened before.
struct SettledTime {
    /// A part of one regime.
    struct Part {
        var regime: Int
        var from: TimeSpan
        var to: TimeSpan
    }

    static let afterFault = TimeSpan.seconds(20)

    /// In order.
    private(set) var parts: [Part]
    /// When each fault of the service or of our processes begins, and when it ends.
    let faults: [(from: TimeSpan, to: TimeSpan)]

    /// - Parameter end: when there is nothing left to do.
    init(_ drain: DrainCase, until end: TimeSpan) {
        faults =
            drain.service.model.faults.map { ($0.from, $0.to) } + drain.pauses.map { ($0.from, $0.from + $0.length) }
            + drain.acts.map { ($0.at, $0.at + $0.length) }
        parts = drain.regimes.indices.map { index in
            let regime = drain.regimes[index]
            return Part(regime: index, from: regime.from + Self.permitted(drain, index), to: min(end, regime.to))
        }
        for fault in faults { leaveOut(fault.from, fault.to + Self.afterFault) }
        parts.removeAll { $0.to - $0.from < drain.regimes[$0.regime].span }
    }

    /// Time that a regime may take until the drain has adapted to it.
    static func permitted(_ drain: DrainCase, _ index: Int) -> TimeSpan {
        let regime = drain.regimes[index]
        let isSlower = index > 0 && regime.rate < drain.regimes[index - 1].rate
        return regime.ramp + max(.seconds(isSlower ? 3 : 5), regime.mean * 20)
    }

    private mutating func leaveOut(_ from: TimeSpan, _ to: TimeSpan) {
        parts = parts.flatMap { part in
            var (before, after) = (part, part)
            (before.to, after.from) = (min(part.to, from), max(part.from, to))
            return [before, after].filter { $0.from < $0.to }
        }
    }
}

/// What a drain did in its settled time.
public struct SettledScore: Sendable {
    /// Changes or faults that could be judged, and those after which the drain did what it must.
    public struct Held: Sendable, Equatable {
        public var judged = 0
        /// Nine tenths of what was possible, over all of the settled time after it.
        public var held = 0
        /// The same in every span of it.
        public var always = 0
    }

    private static let wanted = 0.9

    /// Purchases finished, over those that the ideal finished; nil: there is no settled time.
    public let share: Double?
    /// The starts and the changes of the service.
    public private(set) var changes = Held()
    /// Faults of the service and of our processes, each until the next one.
    public private(set) var faults = Held()

    init(_ drain: DrainCase, until end: TimeSpan, mine: Finishes, best: Finishes) {
        let time = SettledTime(drain, until: end)
        let counts = { (parts: [SettledTime.Part]) in
            parts.reduce((mine: 0, best: 0)) {
                ($0.mine + mine.count(from: $1.from, to: $1.to), $0.best + best.count(from: $1.from, to: $1.to))
            }
        }
        let judge = { (parts: [SettledTime.Part], held: inout Held) in
            let all = counts(parts)
            guard all.best > 0 else { return }
            held.judged += 1
            held.held += Double(all.mine) >= Self.wanted * Double(all.best) ? 1 : 0
            held.always += parts.allSatisfy { Self.isSteady($0, drain, mine: mine, best: best) } ? 1 : 0
        }
        let all = counts(time.parts)
        share = all.best > 0 ? Double(all.mine) / Double(all.best) : nil
        for index in drain.regimes.indices { judge(time.parts.filter { $0.regime == index }, &changes) }
        for fault in time.faults {
            let next = time.faults.map(\.from).filter { $0 > fault.to }.min() ?? end
            judge(time.parts.filter { $0.from >= fault.to && $0.to <= next }, &faults)
        }
    }

    /// Whether nine tenths of what was possible were reached in every span of this part.
    private static func isSteady(_ part: SettledTime.Part, _ drain: DrainCase, mine: Finishes, best: Finishes) -> Bool {
        let span = drain.regimes[part.regime].span
        var from = part.from
        while from + span <= part.to {
            let possible = (wanted * Double(best.count(from: from, to: from + span))).rounded(.down)
            if Double(mine.count(from: from, to: from + span)) < possible { return false }
            from = from + .nanoseconds(span.nanoseconds / 10)
        }
        return true
    }
}
