import Domain
import TestKit

// What must hold.
extension HoldScene {
    /// - Returns: the rule that is broken; nil: none.
    func brokenRule(after step: HoldStep, since before: HoldScene) -> String? {
        brokenBooks ?? brokenChange(step, before) ?? brokenLine(step, before)
    }

    /// Every unit is free, or belongs to one purchase, which a worker or a hold stands for.
    private var brokenBooks: String? {
        let units = rules.units
        if units.free < 0 || units.held + units.sold > setting.stock { return "more is held and sold than there is" }
        if units.free + units.held + units.sold != setting.stock { return "units are lost, or come from nowhere" }
        guard !isEmpty else { return nil }
        var (held, sold, processing, reserved) = (Int64(0), Int64(0), 0, 0)
        for sequence in sequences {
            switch rules.outcome(sequence) {
            case .processing: (held, processing) = (held + quantity(sequence), processing + 1)
            case .reserved: (held, reserved) = (held + quantity(sequence), reserved + 1)
            case .sold where !rules.item.purchases[rules.inner(sequence)].isReturned: sold += quantity(sequence)
            default: break
            }
        }
        if (held, sold) != (units.held, units.sold) { return "a unit has no owner, or two" }
        let flights = HoldWorker.allCases.reduce(0) { $0 + (rules.item.flights[$1.name]?.count ?? 0) }
        if flights + rules.item.redo.count != processing { return "a purchase is with no worker, or with two" }
        if rules.item.holds.all.count != reserved { return "a purchase is reserved without a hold" }
        return nil
    }

    private func brokenChange(_ step: HoldStep, _ before: HoldScene) -> String? {
        let areFlightsChanged = before.rules.item.flights != rules.item.flights
        for worker in HoldWorker.allCases where areFlightsChanged && step.worker != worker {
            let (was, now) = (before.rules.item.flights[worker.name] ?? [:], rules.item.flights[worker.name] ?? [:])
            if was != now { return "one ends what another worker holds" }
        }
        if !step.isPayment, before.rules.due != rules.due { return "something is due, and nothing was paid" }
        guard !before.isEmpty else { return nil }
        for sequence in before.sequences {
            let (was, now) = (before.rules.outcome(sequence), rules.outcome(sequence))
            guard was != now else { continue }
            if was.isFinal { return "a final state that was shown changes" }
            if now == .expired {
                let end = reservedAt[Int(sequence) - 1] + 2 * HoldSetting.tick
                if !step.isExpiry { return "a hold ends, and no leader ended it" }
                if clocks.time < end { return "a hold ends before its deadline and the grace" }
            }
        }
        return nil
    }

    /// Who came first is served first, and nobody is sent away while units may come back.
    private func brokenLine(_ step: HoldStep, _ before: HoldScene) -> String? {
        guard !before.isEmpty else { return nil }
        let waiting = before.sequences.filter { before.rules.outcome($0) == .waiting }
        let units = before.rules.units
        for sequence in waiting {
            let outcome = rules.outcome(sequence)
            if outcome == .processing || outcome == .reserved {
                let isPassing = waiting.contains { $0 < sequence && rules.outcome($0) == .waiting }
                if isPassing { return "a buyer is passed over" }
                if quantity(sequence) > units.free { return "a buyer gets what is not free" }
            }
            let isSentAway = outcome == .insufficientStock && quantity(sequence) <= units.free + units.held
            if isSentAway || outcome == .soldOut && rules.units.free + rules.units.held > 0 {
                return "a buyer is sent away while units may come back"
            }
        }
        guard case .deducts = step, before.rules.item.redo.isEmpty, let first = waiting.first else { return nil }
        let isForgotten = quantity(first) <= units.free && rules.outcome(first) == .waiting
        return isForgotten ? "a unit is free, and who is next does not get it" : nil
    }

    /// What is wrong when a call comes that must change nothing, or when all goes well from now on.
    public var brokenTrial: String? {
        if let rule = brokenIdleCall { return rule }
        var end = self
        end.runOut()
        if let rule = end.brokenBooks { return "in the end: \(rule)" }
        let isOver = end.rules.item.purchases.all.allSatisfy(\.outcome.isFinal)
        return isOver && end.rules.units.held == 0 ? nil : "in the end somebody waits, or a unit is held"
    }
}

extension HoldStep {
    fileprivate var worker: HoldWorker? {
        switch self {
        case .deducts(let worker), .settles(let worker, _, _, _), .isReaped(let worker, _): worker
        default: nil
        }
    }

    fileprivate var isPayment: Bool {
        if case .pays = self { true } else { false }
    }

    fileprivate var isExpiry: Bool {
        switch self {
        case .expires, .isCarriedOut: true
        default: false
        }
    }
}
