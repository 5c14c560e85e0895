import Domain
import Store
public import TestKit

// DESIGN
// One item, its buyers, its shop, two workers, two leaders and their clocks, as a value. A call that may be lost, late
// or doubled needs no fault where that gives nothing new: payments, leavings and refunds may come at any time, again;
// a worker without the answer to what it took is one that does nothing, or reports later. Left are an `expire` that is
// carried out late, with an old clock, and a worker that is taken for dead and goes on.
//
// A rule is checked between the state before a step and the one after it, so nothing of the past has to be kept: what
// was final stays so at each step, hence for ever, and every buyer is shown every state.
//
// In each state every call that must change nothing is tried, twice, so the search follows only what may change
// something.
//
// Time counts relative to now, so the search has no horizon. The clocks of the store and of the first leader may jump,
// one of them at a time: two that are wrong alike look like the truth.

/// A moment of an item whose winners pay later.
public struct HoldScene<Rules: HoldRules>: Explorable {
    let setting: HoldSetting
    private(set) var rules: Rules
    private(set) var clocks = HoldClocks()
    /// The worker of each attempt, by sequence.
    private(set) var given: [[HoldWorker]] = []
    /// When a purchase was reserved, by true time.
    private(set) var reservedAt: [Int64] = []
    private var faults: Int64

    public init(_ setting: HoldSetting, _: Rules.Type = Rules.self) {
        self.setting = setting
        faults = setting.faults
        var item = ModelItem(stock: setting.stock)
        item.set(\.payWindow, HoldSetting.tick)
        item.set(\.payGrace, HoldSetting.tick)
        rules = Rules(item)
    }

    var sequences: ClosedRange<Int64> { 1...max(1, rules.item.tail) }
    var isEmpty: Bool { rules.item.tail == 0 }
    func quantity(_ sequence: Int64) -> Int64 { setting.quantities[Int(sequence) - 1] }
    func attempt(_ sequence: Int64, of worker: HoldWorker) -> Int64? {
        rules.item.flights[worker.name]?[rules.inner(sequence)]
    }

    // MARK: What may happen

    public var steps: [HoldStep] {
        var steps: [HoldStep] = [.timePasses, .expires(.first)]
        if rules.item.tail < setting.quantities.count { steps.append(.joins) }
        for worker in HoldWorker.allCases where setting.hasSink || worker == .a { steps.append(.deducts(worker)) }
        if clocks.hasSecondLeader { steps.append(.expires(.second)) }
        if clocks.mayBelieve { steps.append(.leaderBelieves) }
        steps += clocks.lateCalls.indices.map { .isCarriedOut($0) }
        if !isEmpty { for sequence in sequences { steps += self.steps(of: sequence) } }
        if faults > 0 { steps += faultSteps }
        return steps
    }

    private func steps(of sequence: Int64) -> [HoldStep] {
        switch rules.outcome(sequence) {
        case .waiting: return [.leaves(sequence)]
        case .processing: return settlements(of: sequence)
        case .reserved: return [.pays(sequence, .paid), .pays(sequence, .authorized), .leaves(sequence)]
        case .sold where rules.item.holds.refunds[rules.inner(sequence)] == nil:
            return [.isRefunded(sequence, returnsUnit: true), .isRefunded(sequence, returnsUnit: false)]
        default: return []
        }
    }

    private func settlements(of sequence: Int64) -> [HoldStep] {
        given[Int(sequence) - 1].enumerated().flatMap { index, worker in
            [Settlement.Outcome.refused, .confirmed].map {
                .settles(worker, sequence, attempt: Int64(index) + 1, $0)
            }
        }
    }

    /// Calls about a purchase that must change nothing but what is due.
    private func idleCalls(_ sequence: Int64) -> [HoldStep] {
        let failed: [HoldStep] = [.pays(sequence, .failed)]
        let payments: [HoldStep] = [.pays(sequence, .authorized), .pays(sequence, .paid)]
        switch rules.outcome(sequence) {
        case .waiting: return failed + payments
        case .processing: return failed + payments + [.leaves(sequence)]
        case .reserved: return failed + settlements(of: sequence)
        default:
            let isRefunded = rules.item.holds.refunds[rules.inner(sequence)] != nil
            let refunds = [true, false].map { HoldStep.isRefunded(sequence, returnsUnit: $0) }
            return failed + payments + [.leaves(sequence)] + settlements(of: sequence) + (isRefunded ? refunds : [])
        }
    }

    private var faultSteps: [HoldStep] {
        var steps: [HoldStep] = [.sendsLate(.first)]
        for worker in HoldWorker.allCases where !(rules.item.flights[worker.name] ?? [:]).isEmpty {
            steps += [.isReaped(worker, consumesAttempt: true), .isReaped(worker, consumesAttempt: false)]
        }
        if clocks.hasSecondLeader { steps.append(.sendsLate(.second)) } else { steps.append(.anotherLeads) }
        let offsets = [-HoldSetting.jump, 0, HoldSetting.jump]
        if clocks.isLeaderRight {
            steps += offsets.filter { $0 != clocks.storeOffset }.map { .storeClockJumps(to: $0) }
        }
        if clocks.isStoreRight {
            steps += offsets.filter { $0 != clocks.leaderOffset }.map { .leaderClockJumps(to: $0) }
        }
        return steps
    }

    // MARK: What happens

    public mutating func take(_ step: HoldStep) -> String? {
        let before = self
        let answer = perform(step)
        noteAttempts(before)
        return brokenRule(after: step, since: before) ?? answer
    }

    /// The rule that a call breaks which must change nothing; nil: none.
    var brokenIdleCall: String? {
        guard !isEmpty else { return nil }
        let digest = digest
        for sequence in sequences {
            for call in idleCalls(sequence) {
                if let rule = tried(call, digest) { return "\(rule); then \(call)" }
            }
        }
        return nil
    }

    /// Takes a step twice that must change nothing but, once, what is due.
    private func tried(_ step: HoldStep, _ digest: StateDigest) -> String? {
        var next = self
        if let rule = next.take(step) { return rule }
        if next.digest != digest { return "a call that comes again, or too late, changes something" }
        let due = next.rules.due
        return next.take(step) ?? (next.rules.due == due ? nil : "something is due twice")
    }

    /// - Returns: what is wrong with an answer; nil: nothing.
    private mutating func perform(_ step: HoldStep) -> String? {
        rules.item.now = clocks.store
        switch step {
        case .joins: rules.admit(user: "\(rules.item.tail)", quantity: setting.quantities[Int(rules.item.tail)])
        case .deducts(let worker): rules.deduct(worker: worker.name, hasSink: setting.hasSink)
        case .settles(let worker, let sequence, let attempt, let outcome):
            let isHeld = self.attempt(sequence, of: worker) == attempt
            let answer = rules.settle(
                .init(sequence: sequence, attempt: attempt, outcome: outcome), worker: worker.name)
            if (answer == .settled) != isHeld { return "an attempt that is over is settled, or the last one is not" }
        case .isReaped(let worker, let consumesAttempt):
            faults -= 1
            _ = rules.item.reap(worker: worker.name, consumesAttempt: consumesAttempt)
        case .pays(let sequence, let outcome): return pay(sequence, outcome)
        case .leaves(let sequence): return leave(sequence)
        case .isRefunded(let sequence, let returnsUnit): rules.refund(sequence, returnsUnit: returnsUnit)
        case .expires(let leader): rules.expire(leader: clocks.leader(leader), store: clocks.store - clocks.ahead)
        case .isCarriedOut(let index):
            let call = clocks.carryOut(index)
            rules.expire(leader: call.leader, store: clocks.store - call.ahead)
        case .timePasses, .leaderBelieves: clocks.take(step)
        case .sendsLate, .storeClockJumps, .leaderClockJumps, .anotherLeads:
            faults -= 1
            clocks.take(step)
        }
        return nil
    }

    private mutating func pay(_ sequence: Int64, _ outcome: Payment.Outcome) -> String? {
        let (was, due) = (rules.outcome(sequence), rules.due)
        let reference = outcome == .paid ? "p" : "a"
        let answer = rules.pay(Payment(sequence: sequence, outcome: outcome, reference: reference))
        var wanted = due
        let money = "\(rules.inner(sequence)) \(reference)"
        if outcome == .paid, answer != .sold, was.isFinal { wanted.insert(money) }
        if rules.due != wanted { return "what is due to be paid back is not what was paid for nothing" }
        if answer == .sold, rules.outcome(sequence) != .sold { return "a payment is taken, and nothing is sold" }
        if answer == .sold, rules.due.contains(money) {
            return "what was paid is to be paid back, and bought something"
        }
        if was == .reserved, outcome != .failed, answer != .sold { return "a payment for what is held is not taken" }
        return nil
    }

    private mutating func leave(_ sequence: Int64) -> String? {
        let was = rules.outcome(sequence)
        let answer = rules.cancel(sequence)
        let isLeft = rules.outcome(sequence) == .cancelled
        if (answer == .cancelled) != isLeft { return "a buyer is answered that they left, and did not" }
        return isLeft && ![.waiting, .reserved, .cancelled].contains(was) ? "a buyer leaves who can't" : nil
    }

    private mutating func noteAttempts(_ before: HoldScene) {
        if rules.item.tail == before.rules.item.tail, !rules.hasChanged(since: before.rules) { return }
        while given.count < rules.item.tail {
            given.append([])
            reservedAt.append(0)
        }
        guard !isEmpty else { return }
        for sequence in sequences {
            for worker in HoldWorker.allCases {
                guard let attempt = attempt(sequence, of: worker) else { continue }
                let index = Int(attempt) - 1
                if index < given[Int(sequence) - 1].count {
                    given[Int(sequence) - 1][index] = worker
                } else {
                    given[Int(sequence) - 1].append(worker)
                }
            }
            let isNew = sequence > before.rules.item.tail || before.rules.outcome(sequence) != .reserved
            if isNew, rules.outcome(sequence) == .reserved { reservedAt[Int(sequence) - 1] = clocks.time }
        }
    }

    // MARK: Digest

    public var digest: StateDigest {
        var digest = StateDigest()
        digest.mix(faults)
        clocks.mix(into: &digest)
        rules.item.mix(into: &digest, now: clocks.time, span: HoldSetting.span)
        rules.mix(into: &digest)
        guard !isEmpty else { return digest }
        var workers = [StateDigest(), StateDigest()]
        for sequence in sequences {
            let outcome = rules.outcome(sequence)
            if outcome == .reserved { digest.mix(max(reservedAt[Int(sequence) - 1] - clocks.time, -HoldSetting.span)) }
            // What is settled can't be settled again, whoever was given it.
            guard outcome == .processing else { continue }
            for worker in HoldWorker.allCases {
                workers[worker.rawValue].mix(sequence << 8 | (attempt(sequence, of: worker) ?? 0))
                given[Int(sequence) - 1].forEach { workers[worker.rawValue].mix($0 == worker ? 1 : 0) }
            }
        }
        // The two workers are alike.
        for worker in workers.sorted() { digest.mix(worker) }
        return digest
    }

    // MARK: The end

    /// All goes well from now on: every worker ends what it holds, nobody pays, the clocks are right.
    mutating func runOut() {
        clocks.repair()
        rules.item.now = clocks.store
        for _ in 0..<24 {
            for worker in HoldWorker.allCases {
                for (sequence, attempt) in rules.item.flights[worker.name] ?? [:] {
                    let settlement = Settlement(sequence: sequence, attempt: attempt, outcome: .confirmed)
                    _ = rules.item.settle([settlement], worker: worker.name)
                }
            }
            for _ in setting.quantities { rules.deduct(worker: HoldWorker.a.name, hasSink: setting.hasSink) }
            clocks.take(.timePasses)
            rules.item.now = clocks.store
            rules.expire(leader: clocks.leader(.second), store: clocks.store - clocks.ahead)
            if rules.item.purchases.all.allSatisfy(\.outcome.isFinal) { return }
        }
    }
}
