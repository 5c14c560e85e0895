import Base
import Domain
import RedisClient
import Testing

@testable import Store

/// One call of each script on an item that `prepare` made, so that it has something to do with every key it writes.
enum ScriptCall: String, CaseIterable, CustomTestStringConvertible {
    case admit, admitRepeated, replay, deduct, identify, settle, recall, reap, revive, cancel, put, alter, restock,
        thaw, inspect, checkDurability, reopen, doubts, resolve, purchases, archive, delete

    var testDescription: String { rawValue }

    /// Keys by their suffix, beyond `meta`, that the call reads or writes.
    var keys: [String] {
        switch self {
        case .admit, .admitRepeated: ["queue", "users", "holders"]
        case .replay: ["users"]
        case .deduct: ["queue", "flight:w1", "redo", "flight:redo", "results:0", "ledger"]
        case .identify: ["users"]
        case .settle: ["flight:w1", "attempts", "results:0", "ledger", "orders", "reasons", "flight:silent"]
        case .revive:
            ["flight:w1", "flight:silent", "flight:doubt", "attempts", "results:0", "ledger"]
        case .recall: ["flight:w1"]
        case .reap:
            ["flight:w1", "redo", "flight:redo", "attempts", "flight:doubt", "results:0", "ledger"]
        case .cancel: ["results:0", "ledger"]
        case .put, .restock: ["ledger"]
        case .checkDurability: ["results:0"]
        case .doubts: ["results:0", "flight:silent", "flight:doubt", "losses"]
        case .resolve: ["results:0", "ledger", "flight:silent", "flight:doubt", "attempts", "orders", "reasons"]
        case .purchases: ["queue", "users", "orders", "reasons", "payments", "refunds", "results:0"]
        case .delete: ["past"]
        case .alter, .thaw, .inspect, .reopen, .archive: []
        }
    }

    /// It runs where writes are refused.
    var isReadOnly: Bool { [.replay, .identify, .recall, .inspect, .doubts, .purchases].contains(self) }

    var namesIncarnation: Bool {
        switch self {
        case .admit, .admitRepeated, .replay, .deduct, .identify, .settle, .recall, .reap, .revive, .cancel, .doubts,
            .resolve, .purchases, .archive:
            true
        case .put, .alter, .restock, .thaw, .inspect, .checkDurability, .reopen, .delete: false
        }
    }

    var namesBoot: Bool { namesIncarnation || [.put, .alter, .restock, .thaw, .delete].contains(self) }

    /// Three wait (sequences 5...7), `w1` holds 1 and 2, 3 was taken back from a lost worker, 4 is in doubt.
    static func prepare(_ rig: Rig, _ name: String) throws -> ItemReference {
        let item = try rig.item(name, stock: 20)
        try rig.fill(7, into: item)
        try rig.deduct(2, from: item, worker: "w1", hasSink: true)
        try rig.deduct(1, from: item, worker: "w2", hasSink: true)
        try rig.reap(item, worker: "w2")
        try rig.deduct(2, from: item, worker: "w3", hasSink: true)
        try rig.settle(4, .inDoubt, of: item, worker: "w3")
        try rig.reap(item, worker: "w3", consumesAttempt: false)
        return item
    }

    func failure(_ rig: Rig, _ item: ItemReference) throws -> StoreFailure? {
        let store = rig.store
        switch self {
        case .admit:
            return try rig.failure {
                store.admit(AdmissionBatch([Buy("new1"), Buy("new2")]), into: item, completion: $0)
            }
        case .admitRepeated:
            return try rig.failure {
                store.admit(AdmissionBatch([Buy("new1"), Buy("u0"), Buy("new2")]), into: item, completion: $0)
            }
        case .replay:
            return try rig.failure { store.replay(AdmissionBatch([Buy("u0"), Buy("new1")]), of: item, completion: $0) }
        case .deduct:
            return try rig.failure {
                store.deduct(5, from: item, worker: "w1", hasSink: true, isAlone: false, completion: $0)
            }
        case .settle:
            let both: [Settlement] = [
                .init(sequence: 1, attempt: 1, outcome: .confirmed, note: "o-1"),
                .init(sequence: 2, attempt: 1, outcome: .refused, note: "no"),
            ]
            return try rig.failure { store.settle(both, of: item, worker: "w1", completion: $0) }
        case .identify:
            let records = try [1, 2].map { sequence in
                try #require(
                    FlightRecord(
                        sequence: Array("\(sequence)".utf8),
                        record: [UInt8](repeating: 1, count: 18) + SevenBitText.packed("u\(sequence - 1)")))
            }
            return try rig.failure { store.identify(records, of: item, completion: $0) }
        case .revive:
            return try rig.failure { store.revive(9, of: item, worker: "w1", includesLost: true, completion: $0) }
        case .recall: return try rig.failure { store.recall(item, worker: "w1", completion: $0) }
        case .reap:
            return try rig.failure { store.reap(item, worker: "w1", consumesAttempt: true, completion: $0) }
        case .cancel: return try rig.failure { store.cancel(sequence: 5, of: item, completion: $0) }
        case .put:
            var change = ItemChange()
            change.stock = 30
            change.queueLimit = 5
            return try rig.failure {
                store.put(item.keys, change, incarnation: Rig.incarnation, salt: Rig.salt, completion: $0)
            }
        case .alter: return try rig.failure { store.alter(item.keys, .pause, completion: $0) }
        case .thaw: return try rig.failure { store.alter(item.keys, .thaw, completion: $0) }
        case .restock: return try rig.failure { store.alter(item.keys, .restock(units: 2), completion: $0) }
        case .inspect: return try rig.failure { store.inspect(item.keys, completion: $0) }
        case .checkDurability:
            return try rig.failure { store.checkDurability(item, .forgotten(version: 100, tail: 9), completion: $0) }
        case .purchases:
            var query = BookQuery()
            query.withTickets = true
            return try rig.failure { store.purchases(query, after: 0, limit: 5, of: item, completion: $0) }
        case .archive: return try rig.failure { store.noteArchive(of: item, version: 0, "x", completion: $0) }
        case .delete: return try rig.failure { store.delete(item, isForced: true, completion: $0) }
        case .reopen: return try rig.failure { store.reopen(item.keys, completion: $0) }
        case .doubts: return try rig.failure { store.doubts(after: 0, limit: 9, of: item, completion: $0) }
        case .resolve:
            return try rig.failure {
                store.resolve(sequence: 4, isConfirmed: true, note: "o-4", of: item, completion: $0)
            }
        }
    }
}

extension Rig {
    /// Stands for all the server holds.
    func digest() throws -> RedisValue { try raw("DEBUG", "DIGEST") }

    static let debuggable = "enable-debug-command yes"
}

extension AcknowledgedState {
    /// Of a life that no item of a test knows.
    static func forgotten(version: Int64, tail: Int64) -> AcknowledgedState {
        AcknowledgedState(life: "gone", version: version, tail: tail)
    }
}
