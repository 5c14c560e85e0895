import Base
import Domain
import Store
import TestKit

// DESIGN
// What is true of a hold is written down when it begins, by the time of the world, which no jump of a clock moves: so
// it shows when one ended early. A payment that was answered `sold` stays so; one that came while the units were held
// must be answered so, whatever any clock says; what was paid too late is due to be paid back.

/// Buyers who won and are to pay: most do, some late, some fail first, some leave, some do nothing.
public final class Payers {
    private struct Hold {
        let since: MonotonicInstant
        let time: TimeSpan  // to pay, with the grace
        var seen: MonotonicInstant?  // by a leader, which may have given it a later deadline

        var due: MonotonicInstant { (seen ?? since) + time }
    }

    private struct Purchase: Hashable {
        let item: ItemIncarnation
        let sequence: Int64
    }

    /// A hold that ends later than this after its deadline, without a disturbance, is late.
    private static let slack = TimeSpan.seconds(2)

    private let world: VirtualWorld
    private let store: ModelStore
    private var holds: [Purchase: Hold] = [:]
    private var holdsOf: [ItemIncarnation: Set<Int64>] = [:]
    private var bought: [Purchase: String] = [:]  // with the reference of the payment
    private var left: Set<Purchase> = []
    private var calmSince: MonotonicInstant?
    private(set) var problem: String?
    /// Holds that nobody paid in time.
    public private(set) var expired = 0
    public var sold: Int { bought.count }

    init(_ world: VirtualWorld, _ store: ModelStore) { (self.world, self.store) = (world, store) }

    func follow() { store.onChange = { [weak self] in self?.changed($0) } }

    /// From now on nothing disturbs the processes.
    public func faultsEnded() { calmSince = world.now }

    // MARK: Holds

    private func changed(_ name: ItemName) {
        guard let item = store[name] else { return }
        let (identity, all) = (ItemIncarnation(name, item.incarnation), item.item.holds.all)
        let known = holdsOf[identity] ?? []
        for (sequence, hold) in all where hold.isSeen {
            let purchase = Purchase(item: identity, sequence: sequence)
            if holds[purchase]?.seen == nil { holds[purchase]?.seen = world.now }
        }
        for sequence in all.keys.sorted() where !known.contains(sequence) {
            let time = TimeSpan.milliseconds(all[sequence]!.time + item.item.settings.payGrace)
            let purchase = Purchase(item: identity, sequence: sequence)
            holds[purchase] = Hold(since: world.now, time: time)
            decide(purchase, time)
        }
        for sequence in known.sorted() where all[sequence] == nil {
            ended(Purchase(item: identity, sequence: sequence), item.item.purchases[sequence].outcome)
        }
        holdsOf[identity] = Set(all.keys)
    }

    private func ended(_ purchase: Purchase, _ outcome: ModelItem.Outcome) {
        guard let hold = holds.removeValue(forKey: purchase), outcome == .expired else { return }
        expired += 1
        // A millisecond for either clock, which have no smaller unit.
        if world.now - hold.since < hold.time - .milliseconds(2) {
            report(purchase, "ended after \(world.now - hold.since) of \(hold.time)")
        }
        guard let calmSince else { return }
        let late = world.now - max(calmSince, hold.due)
        if late > Self.slack { report(purchase, "ended \(late) late") }
    }

    private func report(_ purchase: Purchase, _ text: String) {
        problem = problem ?? "the hold of \(purchase.sequence) of \(purchase.item.name) \(text)"
    }

    // MARK: Buyers

    private func decide(_ purchase: Purchase, _ time: TimeSpan) {
        let moment = world.moment(in: time)
        switch world.below(10) {
        case 0..<5: pay(purchase, .paid, "p", after: moment)
        case 5:
            pay(purchase, .failed, "f", after: moment)
            pay(purchase, .paid, "p", after: moment + world.moment(in: .seconds(1)))
        case 6: pay(purchase, .authorized, "a", after: moment + world.moment(in: time))
        case 7: pay(purchase, .paid, "late", after: time + world.moment(in: .seconds(3)))
        case 8: leave(purchase, after: moment)
        default: break
        }
    }

    private func after(_ delay: TimeSpan, _ act: @escaping (Payers) -> Void) {
        world.after(delay) { [weak self] in if let self { act(self) } }
    }

    private func pay(_ purchase: Purchase, _ outcome: Payment.Outcome, _ reference: String, after delay: TimeSpan) {
        after(delay) { $0.pay(purchase, outcome, reference) }
        // Its answer may be lost: it is reported again.
        if world.below(4) == 0 { after(delay + world.moment(in: .seconds(1))) { $0.pay(purchase, outcome, reference) } }
    }

    private func pay(_ purchase: Purchase, _ outcome: Payment.Outcome, _ reference: String) {
        let payment = Payment(sequence: purchase.sequence, outcome: outcome, reference: reference)
        let isHeld = holds[purchase] != nil
        let answer = store.act(on: purchase.item.name) { item in
            (item.pay([payment])[0], item.item.holds.due.contains("\(purchase.sequence) \(reference)"))
        }
        guard let (answer, isDue) = answer else {
            return after(.milliseconds(100)) { $0.pay(purchase, outcome, reference) }
        }
        if isHeld { expect(answer, outcome == .failed ? .held : .sold, purchase) }
        if bought[purchase] == reference { expect(answer, .sold, purchase) }
        if answer == .sold { bought[purchase] = reference }
        if isDue != (outcome == .paid && answer != .sold) { report(purchase, "was answered \(answer), due: \(isDue)") }
    }

    private func expect(_ answer: Payment.Answer, _ expected: Payment.Answer, _ purchase: Purchase) {
        if answer != expected { report(purchase, "was answered \(answer), not \(expected)") }
    }

    private func leave(_ purchase: Purchase, after delay: TimeSpan) {
        after(delay) { payers in
            let answer = payers.store.act(on: purchase.item.name) { $0.cancel(purchase.sequence) }
            guard let answer else { return payers.leave(purchase, after: .milliseconds(100)) }
            if answer == .cancelled { payers.left.insert(purchase) }
        }
    }

    // MARK: What must hold

    public var areWaiting: Bool { !holds.isEmpty }

    /// A hold that should have ended by now.
    public var overdue: String? {
        guard let calmSince else { return nil }
        let late = holds.filter { world.now - max(calmSince, $0.value.due) > Self.slack }.keys
        guard let one = late.min(by: { $0.sequence < $1.sequence }) else { return nil }
        return "the hold of \(one.sequence) of \(one.item.name) does not end"
    }

    /// Of a sale in which nothing is held any more.
    public var finalProblem: String? {
        for name in store.names {
            guard let item = store[name] else { continue }
            let identity = ItemIncarnation(name, item.incarnation)
            for one in item.item.purchases.all {
                let purchase = Purchase(item: identity, sequence: one.sequence)
                if (one.outcome == .sold) != (bought[purchase] != nil) {
                    return "\(one) of \(name), and its payment was \(bought[purchase] ?? "not taken")"
                }
                if left.contains(purchase), one.outcome != .cancelled { return "\(one) of \(name) had left" }
            }
        }
        return nil
    }
}
