import Base
import Domain
public import Store
import TestKit

/// Payments that come around the ends of their holds, at random moments, and what became of them.
public struct LatePayments: Sendable {
    private static let holds: Int64 = 100  // of one item
    private static let window: Int64 = 60_000  // ms, here and below
    private static let grace: Int64 = 10_000

    public private(set) var count = 0
    /// Behind the deadline that the buyer saw.
    public private(set) var late = 0
    public private(set) var sold = 0
    public private(set) var refused = 0
    /// To be paid back.
    public private(set) var due = 0
    /// Payments whose answer and purchase do not agree.
    public private(set) var wrong = 0

    public init(_ count: Int, outcome: Payment.Outcome, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        while self.count < count { simulateItem(outcome, &random) }
    }

    /// One item, all of whose units are reserved in the first seconds; a leader ends what is due a few times a second.
    private mutating func simulateItem(_ outcome: Payment.Outcome, _ random: inout SplitMix64) {
        var item = ModelItem(stock: Self.holds)
        item.set(\.payWindow, Self.window)
        item.set(\.payGrace, Self.grace)
        item.set(\.paySpread, random.below(5_000))
        for user in 0..<Self.holds { _ = item.admit(user: "\(user)", key: 0, quantity: 1) }
        item.now = 1_000_000
        _ = item.deduct(Self.holds, worker: "", hasSink: false, isAlone: true)
        var payments = item.holds.all.map { (at: $0.value.deadline + random.below(30_000) - 10_000, of: $0.key) }
        payments.sort { $0 < $1 }
        let deadlines = item.holds.all.mapValues(\.deadline)
        let error = random.below(1_600) - 800  // of the store's clock
        var nextExpiry = item.now
        for (time, sequence) in payments {
            while nextExpiry <= time {
                item.now = nextExpiry + error
                item.expire(leader: nextExpiry, store: item.now)
                nextExpiry += 200 + random.below(800)
            }
            item.now = time + error
            let answer = item.pay(Payment(sequence: sequence, outcome: outcome, reference: "p"))
            if time > deadlines[sequence]! { late += 1 }
            if answer == .sold { sold += 1 } else { refused += 1 }
            if (answer == .sold) != (item.purchases[sequence].outcome == .sold) { wrong += 1 }
            if answer != .sold, answer != .late { wrong += 1 }
        }
        count += payments.count
        due += item.holds.due.count
        if item.units.sold + item.units.held + item.units.free != Self.holds { wrong += 1 }
    }
}
