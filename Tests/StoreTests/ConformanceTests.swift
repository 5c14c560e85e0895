import Base
import Domain
import EventLoop
import TestKit
import Testing

@testable import Store

/// The store that simulations run on answers as the scripts do.
@Suite struct ConformanceTests {
    @Test(arguments: StoreCase.all.indices)
    func `the model of the store answers as Redis does`(index: Int) throws {
        let one = StoreCase.all[index]
        let (real, model) = (StoreCase(try Self.real(Rig())), StoreCase(try Self.model()))
        try one.body(real)
        try one.body(model)
        #expect(real.transcript.count > 3 && !real.transcript.contains { $0.contains("no answer") })
        for (line, (said, wanted)) in zip(model.transcript, real.transcript).enumerated() where said != wanted {
            Issue.record("\(one.name), line \(line): the model says\n\(said)\nand Redis\n\(wanted)")
            return
        }
        #expect(model.transcript.count == real.transcript.count, "\(one.name)")
    }

    private static func real(_ rig: Rig) throws -> StoreSubject {
        StoreSubject(
            store: rig.store, wait: { rig.turns(until: $0) },
            makeItem: { name, stock, window in
                try rig.item(name, stock: stock) {
                    $0.payWindow = window
                    $0.queueLimit = 1_000
                    $0.perUserLimit = 0
                }
            },
            admit: { buys, item in
                let answers = try rig.admit(buys.map { Buy($0.user, $0.quantity, key: $0.key) }, into: item)
                #expect(answers.allSatisfy { $0.outcome == .admitted })
            },
            pause: { try rig.alter($0, .pause) },
            closeOff: {
                _ = try rig.raw("HSET", String(decoding: $0.keys.meta, as: UTF8.self), "boot", "before")
            })
    }

    private static func model() throws -> StoreSubject {
        let world = VirtualWorld(seed: 1)
        let store = ModelStore(world)
        let link = ModelLink(world, loop: VirtualLoop(world), store: store, faults: ModelFaults())
        link.start()
        let wait = { (isDone: () -> Bool) in
            for _ in 0..<1_000 where !isDone() { world.run(to: world.now + .milliseconds(1)) }
            return isDone()
        }
        #expect(wait { link.isReady })
        return StoreSubject(
            store: link, wait: wait,
            makeItem: { name, stock, window in
                let name = try #require(ItemName(name))
                store.put(name, stock: stock) {
                    $0.payWindow = window.wholeMilliseconds
                    $0.queueLimit = 1_000
                    $0.perUserLimit = 0
                }
                return ItemReference(ItemKeys(name), incarnation: store[name]?.incarnation)
            },
            admit: { buys, item in
                let answers = store.admit(buys, to: item.keys.name)
                #expect(answers.count == buys.count && answers.allSatisfy { $0 == .admitted })
            },
            pause: { #expect(store.alter($0.keys.name) { $0.set(\.isPaused, true) }) },
            closeOff: { store.closeOff($0.keys.name) })
    }
}
