import Base
import Testing

@testable import Domain

/// What one leader leaves to the next: what was measured, and as it was measured.
@Suite struct CapacityHintTests {
    private let known = CapacityHint(rate1000: 1_000_000, unloadedMicroseconds: 20_000)

    @Test func `six changes of leader without a measurement change nothing of a hint`() {
        var (ofGroup, ofWorker) = (known, known)
        for change in Int64(1)...6 {
            ofGroup = LatencyController(hint: ofGroup, now: at(change)).hint(now: at(change + 1))!
            ofWorker = ExecutionController(hint: ofWorker, now: at(change)).hint(now: at(change + 1))!
        }
        #expect(ofGroup == known && ofWorker == known)
    }

    @Test func `what is measured while a hint's half is tried is no reason to believe less`() {
        // What a service of ten slots and 20 ms can do.
        let half = CapacityHint(rate1000: 500_000, unloadedMicroseconds: 20_000)
        var service = FaultyService(seed: 1, LatencyController(hint: half, now: at(0)))
        // The first calls at half of the window are back.
        service.run(to: 26)
        #expect(service.controller.mode == .start && service.controller.window < 10)
        #expect(service.controller.hint(now: service.now) == half)
        service.run(to: 10_000)
        let later = service.controller.hint(now: service.now)
        #expect(later.map { (400_000...1_000_000).contains($0.rate1000) } ?? false, "\(String(describing: later))")
    }

    @Test func `what was assumed is dropped with the first measurement of a full window`() {
        var rates = RateMemory()
        rates.assume(500_000)
        #expect(rates.best == 500_000 && rates.newest == 500_000 && rates.isAssumed)
        rates.scale(from: 10, to: 20)
        #expect(rates.best == 250_000)
        rates.add(40_000)
        #expect(rates.best == 40_000 && !rates.isAssumed)
    }

    @Test func `a start's rate is believed whole, one that was settled by half, one that failed begins with one`() {
        let growing = CapacityHint(rate1000: 400_000, unloadedMicroseconds: 20_000, standing: .growing)
        let begun = LatencyController(hint: growing, now: at(0)).snapshot
        #expect(begun.rate1000 == 400_000 && begun.window == 8 && begun.reason == .hintedWhole)
        #expect(LatencyController(hint: known, now: at(0)).snapshot.rate1000 == 500_000)
        var failing = CapacityHint(
            rate1000: 300_000, unloadedMicroseconds: 20_000, ceiling1000: 1_000_000, standing: .failing)
        for change in Int64(0)..<6 {
            let next = LatencyController(hint: failing, now: at(change))
            #expect(next.window == 1 && next.snapshot.mode == "relearn" && next.snapshot.rate1000 == 300_000)
            #expect(next.snapshot.reason == .hintedFailing && next.snapshot.ceiling1000 == 1_000_000)
            failing = next.hint(now: at(change))!
        }
        let worker = ExecutionController(hint: failing, now: at(0))
        #expect(worker.window == 1 && worker.hint(now: at(0))?.standing == .failing)
    }

    @Test func `a group that failed is left behind as failing, and its calm goes on from leader to leader`() throws {
        var service = FaultyService(seed: 1)
        service.run(to: 20_300) { (10_000..<10_200).contains($0) || $0 >= 20_000 ? 100 : 0 }
        let broken = try #require(service.controller.hint(now: at(20_300)))
        #expect(broken.standing == .failing || broken.standing == .relearning)
        #expect(broken.ceiling1000 != nil && broken.calmMilliseconds < 500)
        var hint = broken
        for second in Int64(21)...50 {
            hint = LatencyController(hint: hint, now: at(1_000 * second)).hint(now: at(1_000 * second + 1_000))!
        }
        #expect(hint.ceiling1000 == broken.ceiling1000 && hint.calmMilliseconds == broken.calmMilliseconds + 30_000)
    }

    @Test func `hints say all of it in lines that older schedulers read as well`() throws {
        let hints = [
            ResourceHint(kind: .worker, name: "w", hint: known),
            ResourceHint(
                kind: .group, name: "bank",
                hint: CapacityHint(
                    rate1000: 7, unloadedMicroseconds: 9, ceiling1000: 30_000, standing: .failing, calmMilliseconds: 12)
            ),
        ]
        let text = ResourceHint.encode(hints)
        #expect(ResourceHint.decode(Array(text.utf8)) == hints)
        // As they stood before there was more to say, and as an older scheduler takes each line for itself.
        let old = "worker w 1000000 20000 0\ngroup bank 7 9 30000"
        #expect(ResourceHint.decode(Array(old.utf8))?.map(\.hint.standing) == [.measured, .measured])
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            #expect(words.count == 5 && words[2...].allSatisfy { Int64($0) != nil }, "\(line)")
        }
        for damaged in ["group bank\t 0 0 0", "worker w 1 1 0\ngroup w\t 0 0 0", "worker w 1 1 0\nworker w\t 9 0 0"] {
            #expect(ResourceHint.decode(Array(damaged.utf8)) == nil, "\(damaged)")
        }
    }

    @Test(arguments: ["worker w 1 2", "worker w 1 2 3 4", "other w 1 2 3", "group g 1 -2 3", "group g 1 2 x"])
    func `a broken hint spoils them all`(text: String) {
        #expect(ResourceHint.decode(Array("worker v 1 2 3\n\(text)".utf8)) == nil)
    }
}
