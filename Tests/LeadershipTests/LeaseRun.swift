import Base

@testable import Domain

/// Some schedulers before one store in virtual time, with calls that are late or lost, connections that break,
/// processes that stand still, and a store that comes back with less.
struct LeaseRun {
    /// What `lead.lua` keeps.
    private struct Store {
        var leader: Int?
        var leaseEnds = MonotonicInstant(nanoseconds: 0)
        var term: Int64 = 0

        mutating func yield(_ node: Int) { if leader == node { leader = nil } }

        mutating func claim(_ node: Int, known: Int64, now: MonotonicInstant) -> Leadership.Answer {
            if leaseEnds <= now { leader = nil }
            if let leader, leader != node { return .follows(leaseEnds: leaseEnds - now) }
            if leader != node || known > term { term = max(term, known) + 1 }
            (leader, leaseEnds) = (node, now + Limits.leaderLease)
            return .leads(term: term)
        }
    }

    /// A call on a connection: carried out at one time, answered at another, each in the order of sending.
    private struct Call {
        var claimedAt: MonotonicInstant?  // nil: a yield
        var known: Int64
        var arrives: MonotonicInstant
        var answer: Leadership.Answer?
        var answered: MonotonicInstant?
        var isLost: Bool  // it is never carried out
    }

    private struct Node {
        var machine = Leadership()
        var isUp = false
        var sleepsUntil = MonotonicInstant(nanoseconds: 0)
        var wakesAt: MonotonicInstant?
        var calls: [Call] = []
        var term: Int64 = 0
    }

    private(set) var violations: [String] = []
    private(set) var terms: [Int64] = []  // as they were begun
    private var store = Store()
    private var nodes: [Node]
    private var random: SplitMix64
    private var now = MonotonicInstant(nanoseconds: 0)
    private var isCalm = false

    init(nodes count: Int, seed: UInt64) {
        nodes = [Node](repeating: Node(), count: count)
        random = SplitMix64(seed: seed)
    }

    private func happens(_ perMille: Int64, _ random: inout SplitMix64) -> Bool { random.below(1_000) < perMille }

    /// In steps of 5 ms. From `calmFrom` on nothing fails.
    mutating func run(seconds: Int64, calmFrom: Int64) {
        for step in 1...(seconds * 200) {
            now = now + .milliseconds(5)
            isCalm = step > calmFrom * 200
            if !isCalm, happens(1, &random) { loseData() }
            for index in nodes.indices { turn(index) }
            check()
        }
    }

    var mayGrant: [Int] { nodes.indices.filter { nodes[$0].machine.mayGrant(now: now) } }

    private mutating func turn(_ index: Int) {
        carryOut(index)
        if !isCalm, happens(1, &random) { nodes[index].sleepsUntil = now + .milliseconds(random.below(4_000)) }
        guard nodes[index].sleepsUntil <= now else { return }
        if nodes[index].isUp {
            if !isCalm, happens(3, &random) { return disconnect(index) }
        } else if isCalm || happens(50, &random) {
            nodes[index].isUp = true
            handle(.connected, index)
        }
        while let call = nodes[index].calls.first, let time = call.answered, time <= now {
            nodes[index].calls.removeFirst()
            handle(answer(call), index)
        }
        if let time = nodes[index].wakesAt, time <= now {
            nodes[index].wakesAt = nil
            handle(.woken, index)
        }
    }

    /// All that is unanswered fails, carried out or not; what is not is never carried out later.
    private mutating func disconnect(_ index: Int) {
        nodes[index].isUp = false
        let unanswered = nodes[index].calls
        nodes[index].calls = []
        handle(.disconnected, index)
        for var call in unanswered {
            call.answer = nil
            handle(answer(call), index)
        }
    }

    private func answer(_ call: Call) -> Leadership.Event {
        guard let since = call.claimedAt else { return .yielded(isConfirmed: call.answer != nil) }
        return .claimed(since: since, call.answer ?? .failed)
    }

    private mutating func carryOut(_ index: Int) {
        for place in nodes[index].calls.indices {
            let call = nodes[index].calls[place]
            guard call.arrives <= now, call.answered == nil else { continue }
            if !call.isLost {
                if call.claimedAt == nil { store.yield(index) }
                nodes[index].calls[place].answer =
                    call.claimedAt == nil ? .failed : store.claim(index, known: call.known, now: now)
            }
            nodes[index].calls[place].answered = now + .milliseconds(call.isLost ? 800 : random.below(60))
        }
    }

    private mutating func handle(_ event: Leadership.Event, _ index: Int) {
        for action in nodes[index].machine.handle(event, now: now) {
            switch action {
            case .claim(let since):
                nodes[index].wakesAt = nil
                send(since, index)
            case .yield: send(nil, index)
            case .wake(let time): nodes[index].wakesAt = time
            case .begin(let term):
                if term <= nodes[index].term { violations.append("\(index) began term \(term) again") }
                nodes[index].term = term
                terms.append(term)
            case .stepDown: break
            }
        }
    }

    private mutating func send(_ claimedAt: MonotonicInstant?, _ index: Int) {
        guard nodes[index].isUp else {
            let call = Call(claimedAt: claimedAt, known: 0, arrives: now, isLost: true)
            return handle(answer(call), index)
        }
        // On one connection nothing overtakes.
        let last = nodes[index].calls.last?.arrives ?? now
        nodes[index].calls.append(
            Call(
                claimedAt: claimedAt, known: nodes.map(\.term).max() ?? 0,
                arrives: max(last, now + .milliseconds(random.below(60))), isLost: !isCalm && happens(20, &random)))
    }

    /// A replica without the last seconds takes over: connections break, the lease is gone, terms count from lower.
    private mutating func loseData() {
        store = Store(term: max(0, store.term - 3))
        for index in nodes.indices where nodes[index].isUp { disconnect(index) }
    }

    private mutating func check() {
        if mayGrant.count > 1 { violations.append("\(mayGrant) may grant at \(now.nanoseconds / 1_000_000) ms") }
    }
}
