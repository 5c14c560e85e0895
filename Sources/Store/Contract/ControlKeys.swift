/// The keys and channels that belong to no item. All of them hold hints: what is true stands in the items.
enum ControlKeys {
    static let leader = "sluice:{ctl}:leader"
    static let life = "sluice:{ctl}:life"  // names the data of this store
    static let term = "sluice:{ctl}:term"
    static let items = "sluice:{ctl}:items"  // SET of every item's name
    static let ready = "sluice:{ctl}:ready"  // SET of items that may have purchases waiting
    static let workers = "sluice:{ctl}:workers"  // HASH worker id -> its sink, until it was reaped
    static let sink = "sluice:{ctl}:sink"  // the sink that all workers have; expires
    static let switches = "sluice:{ctl}:switches"  // HASH of what operators set for all processes
    static let doubts = "sluice:{ctl}:doubts"  // SET of items that may have purchases in doubt for want of an answer
    static let hints = "sluice:{ctl}:hints"  // what the leader measured of workers and groups; expires
    static let clock = "sluice:{ctl}:clock"  // by which the leader ends holds, see LeaderClock
    static let resets = "sluice:{ctl}:resets"  // HASH worker or group -> when an operator wanted it forgotten
    static let feed = "sluice:{ctl}:feed"  // STREAM of pointers into the ledgers of all items
    static let feedAt = "sluice:{ctl}:feed:at"  // HASH item -> incarnation and entry that the feed has got to
    static let nodes = "sluice:{ctl}:nodes"  // HASH node id -> its description of itself

    static let operators = "sluice:{ctl}:operators"  // HASH token id -> what the token opens, and a hash of it
    static let audit = "sluice:{ctl}:audit"  // STREAM of what operators did, the newest

    static let webhooks = "sluice:{ctl}:webhooks"  // SET of the names of webhooks; see WebhookKeys

    /// SET of items of which a worker from before items kept `workers` may hold purchases.
    static func flights(of worker: String) -> String { "sluice:{ctl}:flights:\(worker)" }

    /// Sent where grants are, to a worker that was taken for dead.
    static let reapedMessage = "reaped"

    /// A channel belongs to no database, so the names of these have its number.
    static func changes(database: Int32) -> String { "sluice:changed" + suffix(database) }
    static func reports(database: Int32) -> String { "sluice:reports" + suffix(database) }
    static func feed(database: Int32) -> String { "sluice:feed" + suffix(database) }
    private static func suffix(_ database: Int32) -> String { database == 0 ? "" : ":\(database)" }
    /// Every start of a worker has a name of its own, whatever the database.
    static func grants(to worker: String) -> String { "sluice:grants:\(worker)" }
}
