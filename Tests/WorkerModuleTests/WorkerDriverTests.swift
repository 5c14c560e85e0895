import Base
import Domain
import Store
import TestKit
import Testing

@testable import WorkerModule

@Suite struct WorkerDriverTests {
    @Test func `what was granted is taken, placed, settled and reported, and no more`() {
        let rig = WorkerRig()
        rig.grant(4)
        #expect(rig.run { rig.counters.sold == 4 })
        rig.run(.seconds(5))
        let figures = rig.driver.figures
        #expect(rig.counters.sold == 4 && rig.counters.held == 0 && rig.driver.inFlight == 0)
        #expect(figures.winners == 4 && figures.settled == 4 && figures.recalled == 0 && figures.storeFailures == 0)
        #expect(rig.reports.reduce(0) { $0 + $1.completed } == 4)
        #expect(rig.reports.last?.inFlight == 0 && rig.reports.last?.term == 1)
        let line = rig.reports.last { !$0.lines.isEmpty }?.lines.first
        #expect(line?.used == 4 && line?.allowance == 4)
    }

    @Test func `what is granted one by one, and what ends one by one, reaches the store in lots`() {
        let rig = WorkerRig(stock: 1_000, buyers: 500, slots: 100, delay: .milliseconds(50))
        let before = rig.counters.version
        for allowance in Int64(1)...500 {
            rig.grant(allowance)
            rig.run(.microseconds(500))
        }
        #expect(rig.run { rig.counters.sold == 500 })
        // 2,000 a second: eight in four milliseconds, once to be taken and once to be settled.
        let calls = rig.counters.version - before
        #expect(calls <= 250, "\(calls)")
        #expect(rig.run { rig.driver.figures.settled == 500 })
    }

    @Test func `a single purchase waits for no other`() {
        let rig = WorkerRig(buyers: 10, delay: .milliseconds(50))
        for allowance in Int64(1)...5 {
            rig.run(.milliseconds(200))
            let began = rig.world.now
            rig.grant(allowance)
            #expect(rig.run { rig.counters.sold == allowance })
            #expect(rig.world.now - began < .milliseconds(52), "\(rig.world.now - began)")
        }
    }

    @Test func `a grant of an older term, a smaller one and a doubled one take nothing`() {
        let rig = WorkerRig()
        rig.grant(2, term: 5)
        #expect(rig.run { rig.counters.sold == 2 })
        rig.grant(9, term: 4)
        rig.grant(1, term: 5)
        rig.grant(2, term: 5)
        rig.run(.seconds(2))
        #expect(rig.counters.sold == 2 && rig.driver.figures.winners == 2)
        rig.grant(1, term: 6)
        #expect(rig.run { rig.counters.sold == 3 })
    }

    @Test func `what a call took whose answer was lost is read back before anything more is taken`() {
        let rig = WorkerRig()
        rig.grant(4)
        #expect(rig.run { rig.held == 4 })
        rig.link.cut()
        rig.grant(6)
        #expect(rig.run { rig.driver.figures.recalled == 4 })
        #expect(rig.driver.figures.winners == 0 && rig.held == 4)
        #expect(rig.run { rig.counters.sold == 4 })
        rig.run(.seconds(3))
        #expect(rig.counters.held == 0 && rig.driver.figures.fenced == 0 && rig.driver.figures.unknown == 0)
    }

    @Test func `what was carried out late is found within a few beats, and once`() {
        let rig = WorkerRig()
        rig.grant(1)
        #expect(rig.run { rig.counters.sold == 1 })
        let reference = ItemReference(ItemKeys(rig.item), incarnation: nil)
        let late = rig.answer {
            rig.other.deduct(3, from: reference, worker: "w", hasSink: true, isAlone: false, completion: $0)
        }
        #expect(late?.winners == 3)
        let began = rig.world.now
        #expect(rig.run { rig.counters.sold == 4 })
        #expect(rig.world.now - began <= Limits.flightsCompared + Limits.heartbeat + .milliseconds(20))
        rig.run(.seconds(10))
        #expect(rig.driver.figures.recalled == 3 && rig.driver.figures.unknown == 0)
    }

    @Test func `a settlement whose answer was lost is sent again`() {
        let rig = WorkerRig()
        rig.grant(3)
        #expect(rig.run { rig.counters.sold == 3 })
        rig.link.cut()
        rig.run(.seconds(5))
        #expect(rig.driver.figures.repeated == 3 && rig.driver.figures.settled == 0 && rig.driver.inFlight == 0)
    }

    @Test func `a stop finishes what has begun, gives back the rest with its attempt, and is no loss to anybody`() {
        let rig = WorkerRig(slots: 1, delay: .milliseconds(700))
        rig.grant(3)
        #expect(rig.run { rig.driver.inFlight == 3 })
        var hasStopped = false
        rig.driver.stop(within: .seconds(5)) { hasStopped = true }
        rig.grant(9)
        #expect(rig.run { hasStopped })
        rig.run(.milliseconds(10))
        #expect(rig.counters.sold == 1 && rig.counters.redo == 2 && rig.held == 0)
        #expect(rig.store[rig.item]!.item.redo.values.allSatisfy { $0 == 0 }, "attempts are not used up")
        #expect(rig.reports.last?.presence == .gone && rig.listed.isEmpty)
    }

    @Test func `a worker that was taken for dead while it stood still is listed again`() {
        let rig = WorkerRig()
        rig.loop.pause(for: .seconds(9))
        _ = rig.answer { rig.other.removeWorker("w", completion: $0) }
        #expect(rig.listed.isEmpty)
        rig.run(.seconds(10))
        #expect(rig.listed == ["w"] && rig.driver.isReady)
    }

    @Test func `a store that was emptied lists it again, and its low terms count`() {
        let rig = WorkerRig()
        rig.grant(1, term: 90)
        #expect(rig.run { rig.counters.sold == 1 })
        rig.store.empty()
        rig.run(.seconds(3))
        #expect(rig.listed == ["w"])
        rig.store.put(rig.item, stock: 5, creation: .asNew)
        rig.store.admit([(user: "u", key: 0, quantity: 1)], to: rig.item)
        rig.grant(1, term: 1)
        #expect(rig.run { rig.counters.sold == 1 })
    }

    @Test func `an item that was deleted is not asked for any more, and one that is made under its name is`() {
        let rig = WorkerRig()
        rig.grant(1)
        #expect(rig.run { rig.counters.sold == 1 })
        rig.store.remove(rig.item)
        rig.run(Limits.flightsCompared + .seconds(1))
        let calls = rig.store.itemCalls
        rig.run(Limits.flightsCompared * 3)
        #expect(rig.store.itemCalls == calls, "the store was asked for an item that it has not")
        rig.store.put(rig.item, stock: 5) { $0.queueLimit = 9 }
        rig.store.admit([(user: "u", key: 0, quantity: 1)], to: rig.item)
        rig.grant(2)
        #expect(rig.run { rig.counters.sold == 1 })
        rig.run(Limits.flightsCompared + .seconds(1))
        #expect(rig.store.itemCalls > calls)
    }

    @Test func `a name that was used since the store denied it stays known`() {
        let (items, name) = (KnownItems(), ItemName("a")!)
        _ = items.reference(name)
        let uses = items.uses(of: name)
        _ = items.reference(name)
        items.forget(name, unlessUsedSince: uses)
        #expect(items.names == [name])
        items.forget(name, unlessUsedSince: items.uses(of: name))
        #expect(items.isEmpty)
    }

    @Test func `a worker with another sink than those at work ends`() {
        let rig = WorkerRig(kind: .none)
        var others: String?
        let loop = VirtualLoop(rig.world)
        let link = ModelLink(rig.world, loop: loop, store: rig.store, faults: ModelFaults())
        let messages = ModelMessages(
            rig.world, loop: loop, store: rig.store, faults: ModelFaults(), channels: [.grants(worker: "v")])
        let late = WorkerDriver(
            loop: loop, store: link, messages: messages, id: "v", sinkKind: .webhook, sink: nil,
            doubtsEvery: .seconds(1), seed: 2, log: rig.log)
        late.onHopeless = { others = $0 }
        late.start {}
        rig.run(.seconds(9))
        #expect(others == "none" && rig.listed == ["w"])
    }

    @Test func `what is held is known by item, sequence and attempt`() {
        var held = HeldPurchases()
        let (a, b) = (ItemIncarnation(ItemName("a")!, 1), ItemIncarnation(ItemName("a")!, 2))
        func record(_ sequence: Int64, _ attempt: Int64) -> FlightRecord {
            FlightRecord(
                sequence: sequence, attempt: attempt, quantity: 1, admittedAt: WallInstant(milliseconds: 0),
                keyDigest: 0, user: "u")
        }
        held.hold([record(1, 1), record(2, 1)], of: a, wereInDoubt: false)
        held.hold([record(3, 4)], of: a, wereInDoubt: true)
        #expect(held.missing([record(1, 1), record(2, 2), record(3, 4)], of: a).map(\.sequence) == [2])
        #expect(held.missing([record(1, 1)], of: b).count == 1)
        #expect(held.release(a, sequence: 3, attempt: 4) == true && held.release(a, sequence: 3, attempt: 4) == nil)
        #expect(held.release(a, sequence: 1, attempt: 1) == false && held.count == 1)
    }
}
