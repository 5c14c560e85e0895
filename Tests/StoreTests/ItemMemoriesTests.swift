import Domain
import Testing

@testable import Store

/// What schedulers and workers keep of items, for durability checks.
@Suite struct ItemMemoriesTests {
    private static let name = ItemName("demo")!

    private func counters(_ version: Int64, _ notification: Int64) -> ItemCounters {
        var counters = ItemCounters()
        (counters.version, counters.notification, counters.tail) = (version, notification, version)
        return counters
    }

    private enum Event: Equatable {
        case readBefore, readAfter
        case notification(Int64, version: Int64, isReopening: Bool = false)
    }

    /// The restarted store had kept version 10 of life "a"; it is reopened with 11, and goes on. The leader reads an
    /// item before it is reopened, over a connection that lives on.
    private func due(after events: [Event]) -> [AcknowledgedState] {
        let memories = ItemMemories()
        for event in events {
            switch event {
            case .readBefore: _ = memories.read(Self.name, incarnation: 1, life: "a", counters: counters(10, 10))
            case .readAfter: _ = memories.read(Self.name, incarnation: 1, life: "b", counters: counters(14, 14))
            case .notification(let number, let version, let isReopening):
                memories.received(
                    ChangeNotification(
                        item: Self.name, incarnation: 1, changesSettings: isReopening,
                        counters: counters(version, number), runs: []))
            }
        }
        return memories.all.flatMap(\.acknowledgedStates.due)
    }

    @Test func `a lost, late or doubled notification of a reopening makes no later one count for the life before`() {
        let reopened = Event.notification(11, version: 11, isReopening: true)
        let later: [Event] = [.notification(12, version: 12), .notification(13, version: 13)]
        let orders: [[Event]] = [
            later, [reopened] + later, [reopened, reopened] + later, [later[0], reopened, later[1]],
            later + [reopened], [reopened] + later + [reopened], [later[1], reopened, later[0]],
        ]
        for order in orders {
            #expect(due(after: [.readBefore] + order) == [AcknowledgedState(life: "a", version: 10, tail: 10)])
            let all = due(after: [.readBefore] + order + [.readAfter])
            #expect(all.map(\.life) == ["a", "b"] && all[0].version == 10, "\(order)")
        }
    }

    @Test func `notifications and replies count while nothing is missing`() {
        #expect(
            due(after: [.readBefore, .notification(11, version: 12), .notification(12, version: 13)])
                == [AcknowledgedState(life: "a", version: 13, tail: 13)])
        let memories = ItemMemories()
        _ = memories.read(Self.name, incarnation: 1, life: "a", counters: counters(10, 10))
        memories.replied(Self.name, incarnation: 1, counters: counters(11, 10))
        memories.replied(Self.name, incarnation: 2, counters: counters(12, 10))
        #expect(memories.all.first?.acknowledgedStates.latest?.version == 11)
        memories.interrupt()
        memories.replied(Self.name, incarnation: 1, counters: counters(13, 10))
        #expect(memories.all.first?.acknowledgedStates.latest?.version == 11)
    }
}
