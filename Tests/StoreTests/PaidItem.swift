import Base
import Domain

@testable import Store

/// An item whose winners pay within a minute, and its leader's clock.
struct PaidItem {
    let rig: Rig
    let item: ItemReference
    static let window = TimeSpan.seconds(60)

    init(stock: Int64 = 2, waiting: Int = 3, _ change: (inout ItemChange) -> Void = { _ in }) throws {
        rig = try Rig()
        item = try rig.item(stock: stock) {
            $0.payWindow = Self.window
            change(&$0)
        }
        try rig.fill(waiting, into: item)
    }

    /// Takes winners through a sink, and confirms them.
    func reserve(_ count: Int64) throws {
        let taken = try rig.deduct(count, from: item, hasSink: true).taken
        try rig.settle(
            taken.map { Settlement(sequence: $0.sequence, attempt: $0.attempt, outcome: .confirmed, note: "o") },
            of: item)
    }

    var storeTime: WallInstant { get throws { try rig.snapshot(item).storeTime } }

    /// As if so much time had passed on both clocks.
    @discardableResult
    func expire(after time: TimeSpan) throws -> Store.ExpiryReply {
        try rig.expire(item, now: try storeTime + time, storeAhead: .zero - time)
    }

    func byte(_ sequence: Int64) throws -> ResultByte { try rig.bytes(sequence...sequence, of: item)[0] }
    func expectLedger() throws { try rig.expectLedgerAddsUp(item) }
}
