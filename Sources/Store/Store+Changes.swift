public import Base
public import Domain
import RedisClient

/// The settings that an operator gives an item; nil: as before, or the default of a new item.
public struct ItemChange: Sendable, Equatable {
    public var stock: Int64?  // units in all
    public var queueLimit: Int64?
    public var perUserLimit: Int64?  // 0 = no limit
    public var perUserUnits: Int64?  // 0 = no limit
    public var opensAt: WallInstant?  // 0 = open
    public var closesAt: WallInstant?  // 0 = never
    public var closesOnSoldOut: Bool?
    public var weight: Int64?
    public var payWindow: TimeSpan?  // zero: sold at once
    public var payGrace: TimeSpan?
    public var paySpread: TimeSpan?

    public init() {}

    /// Field and value of meta for what is set.
    var fields: [(String, Int64)] {
        let all: [(MetaField, Int64?)] = [
            (.queueLimit, queueLimit), (.perUserLimit, perUserLimit), (.perUserUnits, perUserUnits),
            (.opensAt, opensAt?.milliseconds), (.closesAt, closesAt?.milliseconds),
            (.onSoldOutClose, closesOnSoldOut.map { $0 ? 1 : 0 }), (.weight, weight),
            (.payWindow, payWindow?.wholeMilliseconds), (.payGrace, payGrace?.wholeMilliseconds),
            (.paySpread, paySpread?.wholeMilliseconds),
        ]
        return all.compactMap { field, value in value.map { (field.rawValue, $0) } }
    }
}

/// Which items a change is meant for, as in `If-Match`.
public enum ItemCondition: Sendable, Equatable {
    case none
    /// Any item that is there.
    case exists
    /// One of these editions.
    case editions([ItemEdition])

    var text: String {
        switch self {
        case .none: ""
        case .exists: "*"
        case .editions(let editions): " " + editions.map { "\($0) " }.joined()
        }
    }
}

// The calls of operators.
extension Store {
    public enum PutOutcome: Sendable, Equatable {
        case created
        case updated
        /// Refused: this many units are held or sold already.
        case belowHeldAndSold(Int64)
        /// Refused: a new item needs a stock.
        case stockMissing
        /// Refused: the item was changed since the operator read it, or is another one.
        case changedMeanwhile
        /// Refused: with the settings that it has it would close before it opens.
        case closesBeforeItOpens
        /// Refused: the store lost an item of this name with all it had, and so many units of it are remembered as sold
        /// or held.
        case lostBefore(Int64)
        /// Refused: it would be new, and processes may remember one of this name.
        case notYet
    }

    /// Lists an item and creates or changes it, in two steps, of which the second alone makes it; `incarnation` and
    /// `salt` (16 bytes) are used where it is new.
    public func put(
        _ keys: ItemKeys, _ change: ItemChange, onlyIf condition: ItemCondition = .none, incarnation: UInt64,
        salt: [UInt8], creation: Creation = .ofTheFirst, completion: @escaping StoreCompletion<PutOutcome>
    ) {
        precondition(salt.count == 16)
        enter(keys.name) { [self] result in
            switch result {
            case .failure(let failure): completion(.failure(failure))
            case .success:
                putListed(
                    keys, change, onlyIf: condition, incarnation: incarnation, salt: salt, creation: creation
                ) { [self] result in
                    guard result == .success(.created) else { return completion(result) }
                    // An item of this name may have been deleted, and its name taken off the list, since it was seen.
                    enter(keys.name) { completion($0.map { .created }) }
                }
            }
        }
    }

    /// Puts a name on the list of all items. A full store refuses a name that is not on it, and so a new item: an item
    /// that is not listed is not reopened after a restart.
    private func enter(_ name: ItemName, completion: @escaping StoreCompletion<Void>) {
        command(
            ["SISMEMBER", ControlKeys.items, name.description],
            { [self] (result: Result<Int64, StoreFailure>) in
                switch result {
                case .failure(let failure): completion(.failure(failure))
                case .success(1): completion(.success(()))
                case .success:
                    command(["SADD", ControlKeys.items, name.description], completion) { $0.integer == nil ? nil : () }
                }
            }, \.integer)
    }

    private func putListed(
        _ keys: ItemKeys, _ change: ItemChange, onlyIf condition: ItemCondition, incarnation: UInt64, salt: [UInt8],
        creation: Creation, completion: @escaping StoreCompletion<PutOutcome>
    ) {
        let fields = change.fields
        connection.evaluate(
            Scripts.put, keyCount: 4, argumentCount: 11 + 2 * fields.count,
            build: { writer in
                writer.argument(keys.meta)
                writer.argument(keys.ledger)
                writer.argument(keys.queue)
                writer.argument(keys.gone)
                writer.argument(runID)
                writer.argument("" as StaticString)
                writer.argument(ItemIncarnation.text(incarnation))
                writer.argument(salt)
                writer.argument(change.stock.map { String($0) } ?? "")
                writer.argument(condition.text)
                writer.argument(creation.rawValue)
                for (name, value) in fields {
                    writer.argument(name)
                    writer.argument(value)
                }
            },
            completion: interpret(completion) { reply in
                switch PutCode(rawValue: reply.status) {
                case .created: .created
                case .updated: .updated
                case .belowHeldAndSold: .belowHeldAndSold(reply.integer(1) ?? 0)
                case .stockMissing: .stockMissing
                case .changedMeanwhile: .changedMeanwhile
                case .closesTooEarly: .closesBeforeItOpens
                case .lostBefore: .lostBefore(reply.integer(1) ?? 0)
                case .notYet: .notYet
                case nil: nil
                }
            })
    }

    public enum Alteration: Sendable, Equatable {
        /// Drain and intake stop; every place is kept.
        case pause
        /// The drain stops, buyers may still join.
        case hold
        /// Ends both.
        case resume
        case close
        /// Lets a frozen item go on.
        case thaw
        case restock(units: Int64)

        /// Whether doing it twice is doing it once.
        public var isRepeatable: Bool { if case .restock = self { false } else { true } }

        var words: (AlterWord, Int64) {
            switch self {
            case .pause: (.pause, 0)
            case .hold: (.hold, 0)
            case .resume: (.resume, 0)
            case .close: (.close, 0)
            case .thaw: (.thaw, 0)
            case .restock(let units): (.restock, units)
            }
        }
    }

    public enum AlterOutcome: Sendable, Equatable {
        case done(Altered)
        /// Refused: the key was used for another act.
        case keyUsed
        /// Refused: no more than so many units can be added.
        case tooMuchStock(room: Int64)
        /// Refused: the sale is closed, and nothing is paused or on hold.
        case nothingToResume
    }

    /// An item as it was right after the act.
    public struct Altered: Sendable, Equatable {
        public var item: ItemSnapshot
        /// As it was given with the act.
        public var drainPerSecond: Int64
        /// The freeze that a thaw ended.
        public var thawed: ItemFreeze?
        /// The act was done before, under the same key.
        public var isReplay: Bool
    }

    /// Alters an item. With a key (1 to 255 bytes) it is done once: a call with the same key within `Limits.keyMemory`
    /// gets the answer of the first.
    public func alter(
        _ keys: ItemKeys, _ alteration: Alteration, key: [UInt8]? = nil, drainPerSecond: Int64 = 0,
        completion: @escaping StoreCompletion<AlterOutcome>
    ) {
        let (action, units) = alteration.words
        precondition(Limits.stock.contains(units))
        let once = key.map { keys.once($0) }
        connection.evaluate(
            Scripts.alter, keyCount: once == nil ? 2 : 3, argumentCount: once == nil ? 8 : 9,
            build: { writer in
                writer.argument(keys.meta)
                writer.argument(keys.ledger)
                if let once { writer.argument(once) }
                writer.argument(runID)
                writer.argument("" as StaticString)
                writer.argument(action.rawValue)
                writer.argument(units)
                writer.argument(Limits.keyMemory.wholeMilliseconds)
                writer.argument(drainPerSecond)
            },
            completion: interpret(completion) { reply in
                switch AlterCode(rawValue: reply.status) {
                case .keyUsed: .keyUsed
                case .tooMuchStock: .tooMuchStock(room: reply.integer(1) ?? 0)
                case .nothingToResume: .nothingToResume
                case .done: AlterOutcome(reply)
                case nil: nil
                }
            })
    }
}

extension Store.AlterOutcome {
    fileprivate init?(_ reply: ScriptReply) {
        let last = reply.values.count - 1
        guard let item = ItemSnapshot(reply), let rate = reply.integer(last - 2), let thawed = reply.bytes(last - 1),
            let isReplay = reply.integer(last)
        else { return nil }
        self = .done(
            Store.Altered(
                item: item, drainPerSecond: rate, thawed: ItemFreeze(String(decoding: thawed, as: UTF8.self)),
                isReplay: isReplay == 1))
    }
}
