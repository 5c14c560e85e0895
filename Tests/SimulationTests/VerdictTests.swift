import Base
import Domain
import TestKit
import Testing

/// A buyer with the verdict `certain` wins, whatever of what the store sends is late.
@Suite struct VerdictTests {
    private static let steps: [VerdictScene.Step] = [
        .own([1]), .own([2]), .others([1, 1]), .others([3]), .deduct(1), .deduct(2), .confirm, .refuse, .cancelFirst,
        .cancelLast, .loseWorker, .restock, .read,
    ]

    @Test(arguments: [2, 3] as [Int64])
    func `no buyer with the verdict certain loses, in every order of a few steps and of their messages`(
        stock: Int64
    ) {
        var count = 0
        explore(VerdictScene(stock: stock), [], depth: 4, &count)
        #expect(count > 1_000, "histories that were examined")
    }

    private func explore(
        _ scene: VerdictScene, _ history: [VerdictScene.Step], depth: Int, _ count: inout Int
    ) {
        for step in Self.steps {
            var next = scene
            // One restock and one read are enough, and nothing is sent before a buyer comes.
            guard step != .restock && step != .read || !history.contains(step) else { continue }
            guard next.take(step) else { continue }
            let steps = history + [step]
            count += 1
            let losers = next.losers
            if !losers.isEmpty && !next.answers.isEmpty {
                for order in Self.orders(next.answers.count, next.messages.count) {
                    if let liar = Self.liar(next, order, losers) {
                        Issue.record("\(liar) has the verdict certain: \(steps), \(order)")
                        return
                    }
                }
            }
            if depth > 1 { explore(next, steps, depth: depth - 1, &count) }
        }
    }

    @Test func `no buyer with the verdict certain loses, in long histories`() {
        for seed in 1...100 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            var scene = VerdictScene(stock: 5 + random.below(30))
            for _ in 0..<40 {
                var batch: [Int64] { (0...random.below(4)).map { _ in 1 + random.below(seed % 2 == 0 ? 1 : 4) } }
                let all: [VerdictScene.Step] = [
                    .own(batch), .others(batch), .own(batch), .others(batch), .deduct(1 + random.below(5)), .deduct(3),
                    .confirm, .refuse, .cancelFirst, .cancelLast, .loseWorker, .restock, .read,
                ]
                _ = scene.take(all.randomElement(using: &random)!)
            }
            let order = (0..<scene.answers.count + scene.messages.count).map { $0 < scene.answers.count }
            for _ in 0..<3 {
                let liar = Self.liar(scene, order.shuffled(using: &random), scene.losers)
                #expect(liar == nil, "\(replay(seed))")
            }
        }
    }

    /// Every order in which so many answers and messages may come; true stands for the next answer.
    private static func orders(_ answers: Int, _ messages: Int) -> [[Bool]] {
        if answers == 0 || messages == 0 { return [(0..<answers + messages).map { _ in messages == 0 }] }
        return orders(answers - 1, messages).map { [true] + $0 } + orders(answers, messages - 1).map { [false] + $0 }
    }

    /// The first of `losers` that would get the verdict `certain` while all arrives in this order; nil when none is.
    private static func liar(_ scene: VerdictScene, _ order: [Bool], _ losers: Set<Int64>) -> Int64? {
        let now = MonotonicInstant(nanoseconds: 0)
        let view = ItemView(name: ItemName("item")!, snapshot: scene.start, isFollowed: true, now: now)
        var (answers, messages) = (scene.answers[...], scene.messages[...])
        for isAnswer in order {
            if !isAnswer {
                view.apply(messages.removeFirst(), now: now)
            } else {
                switch answers.removeFirst() {
                case .snapshot(let snapshot): view.apply(snapshot, isFollowed: true, now: now)
                case .admission(let reply):
                    view.applyAdmission(
                        version: reply.counters.version, head: reply.counters.head, tail: reply.counters.tail,
                        free: reply.counters.free, largest: reply.largest, boot: "a", now: now)
                }
            }
            let liar = losers.sorted().first { sequence in
                guard sequence <= view.counters.tail, case .queued(let position) = view.queued(sequence) else {
                    return false
                }
                let quantity = scene.item.item.purchases[sequence].quantity
                return view.verdict(sequence, ahead: position - 1, quantity: quantity) == .certain
            }
            if let liar { return liar }
        }
        return nil
    }
}
