public import Domain

/// The names of one item's keys, as bytes, made once. All carry the item as hash tag, so a script touches one slot.
public final class ItemKeys {
    public let name: ItemName
    let meta: [UInt8]
    let queue: [UInt8]
    let users: [UInt8]
    let holders: [UInt8]
    let redo: [UInt8]
    let redoFlight: [UInt8]
    let poisonedFlight: [UInt8]
    let unansweredFlight: [UInt8]
    let orders: [UInt8]
    let reasons: [UInt8]
    let attempts: [UInt8]
    let losses: [UInt8]
    let workers: [UInt8]
    let firstResults: [UInt8]
    let ledger: [UInt8]
    let gone: [UInt8]

    public init(_ name: ItemName) {
        self.name = name
        func key(_ suffix: String) -> [UInt8] { Array("sluice:{\(name)}:\(suffix)".utf8) }
        meta = key("meta")
        queue = key("queue")
        users = key("users")
        holders = key("holders")
        redo = key("redo")
        redoFlight = key("flight:redo")
        poisonedFlight = key("flight:doubt")
        unansweredFlight = key("flight:silent")
        orders = key("orders")
        reasons = key("reasons")
        attempts = key("attempts")
        losses = key("losses")
        workers = key("workers")
        firstResults = key("results:0")
        ledger = key("ledger")
        gone = key("gone")
    }

    func flight(of worker: String) -> [UInt8] { Array("sluice:{\(name)}:flight:\(worker)".utf8) }
    /// Where the answer to an operator's call with this key is kept for a while.
    func once(_ key: [UInt8]) -> [UInt8] { Array("sluice:{\(name)}:once:".utf8) + key }
    func results(segment: Int) -> [UInt8] { Array("sluice:{\(name)}:results:\(segment)".utf8) }
}

/// The keys and channels that belong to no item. All of them hold hints, never truth.
enum ControlKeys {
    static let leader = "sluice:{ctl}:leader"
    static let life = "sluice:{ctl}:life"  // names the data of this store
    static let term = "sluice:{ctl}:term"
    static let items = "sluice:{ctl}:items"  // SET of every item's name
    static let ready = "sluice:{ctl}:ready"  // SET of items that may have somebody waiting
    static let workers = "sluice:{ctl}:workers"  // HASH worker id -> its sink, until it was reaped
    static let sink = "sluice:{ctl}:sink"  // the sink that all workers have; expires
    static let switches = "sluice:{ctl}:switches"  // HASH of what operators set for all processes
    static let doubts = "sluice:{ctl}:doubts"  // SET of items that may have purchases in doubt for want of an answer
    static let hints = "sluice:{ctl}:hints"  // what the leader measured of workers and groups; expires
    static let resets = "sluice:{ctl}:resets"  // HASH worker or group -> when an operator asked to forget it
    static let nodes = "sluice:{ctl}:nodes"  // HASH node id -> what it says of itself

    /// SET of items of which a worker from before items kept `workers` may hold purchases.
    static func flights(of worker: String) -> String { "sluice:{ctl}:flights:\(worker)" }

    /// Sent where grants are, to a worker that was taken for dead.
    static let reapedMessage = "reaped"

    /// Channels don't know databases, so the names of these do.
    static func changes(database: Int32) -> String { "sluice:changed" + suffix(database) }
    static func reports(database: Int32) -> String { "sluice:reports" + suffix(database) }
    private static func suffix(_ database: Int32) -> String { database == 0 ? "" : ":\(database)" }
    /// Every start of a worker has a name of its own, whatever the database.
    static func grants(to worker: String) -> String { "sluice:grants:\(worker)" }
}
