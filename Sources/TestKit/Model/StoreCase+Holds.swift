import Base
import Domain
import Store

// The cases of winners who pay later.
extension StoreCase {
    private static let window = TimeSpan.seconds(600)

    static func reserves(_ run: StoreCase) throws {
        let item = try run.item("reserves", stock: 3, quantities: [1, 2, 2, 1], payWindow: window)
        run.deduct(2, from: item)
        run.settle(1, .confirmed, of: item)
        run.settle(1, .confirmed, of: item)
        run.settle(2, .inDoubt, of: item)
        run.expire(item)
        run.deduct(1, from: item)
        run.revive(item, by: "w2")
        run.settle(2, .confirmed, attempt: 2, of: item, by: "w2")
        run.expire(item)
        run.recall(item)
        run.expire(item, after: .seconds(599))
        run.expire(item, after: .seconds(601))
        run.settle(1, .confirmed, of: item)
        run.settle(2, .confirmed, of: item)
        run.deduct(9, from: item)
        run.reap(item)
        run.settle(3, .confirmed, of: item)
        run.deduct(9, from: item, by: "w2")
        run.settle(3, .refused, attempt: 2, of: item, by: "w2")
        run.settle(4, .confirmed, attempt: 2, of: item, by: "w2")
        run.expire(item)
        run.noteCounters(item)
    }

    static func expires(_ run: StoreCase) throws {
        let item = try run.item("expires", stock: 2, quantities: [1, 1, 1], payWindow: window)
        run.expire(item)
        run.deduct(2, from: item, hasSink: false)
        run.expire(item, after: .seconds(7_200), isLeaderAhead: true)
        run.expire(item, after: .seconds(-7_200), isLeaderAhead: true)
        run.expire(item)
        run.expire(item, after: .seconds(7_200), isLeaderAhead: true)
        try run.subject.pause(item)
        run.expire(item, after: .seconds(601))
        run.expire(item, after: .seconds(601))
        run.deduct(1, from: item, hasSink: false)
        run.expire(ItemReference(item.keys, incarnation: 99))
        run.expire(ItemReference(ItemKeys(ItemName("nobody")!), incarnation: nil))
        try run.subject.closeOff(item)
        run.expire(item)
        run.noteCounters(item)
    }
}
