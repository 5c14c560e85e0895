public import Base

/// What one process knows of the whole cluster: the store, the leader, the nodes, the items. `Trouble.all` judges it.
public struct ClusterFacts: Sendable, Equatable {
    /// One process, as it describes itself.
    public struct Node: Sendable, Equatable {
        public enum Role: String, Sendable {
            case queue, scheduler, worker
        }

        public var id: String
        public var role: Role?
        /// It has described itself within `Limits.nodeLost`.
        public var isAlive = true
        public var isReady = true
        /// Why it isn't ready.
        public var reasons: [String] = []
        public var version = ""
        public var commit = ""
        /// What must be the same everywhere, such as `ticket_key`.
        public var fingerprints: [Fingerprint] = []
        /// Fingerprints of its ticket keys, two during a rotation; empty where they are not known.
        public var keys: [String] = []
        public var leads = false
        /// Of a leader: workers whose reports arrive.
        public var liveWorkers: Int64?
        /// Of a leader: for how long it has led; nil where that is not known.
        public var ledFor: TimeSpan?
        /// Of a leader: by how much the store's clock parts from the one by which holds end; zero while they end.
        public var clocksApart = TimeSpan.zero
        /// Of a leader: the groups behind the workers' sinks.
        public var groups: [Group] = []
        /// Of a leader: items that could be served and of which nothing is decided, longest first.
        public var stalled: [Stall] = []
        /// Of a leader: the webhooks that do not stand as they should.
        public var webhooks: [Webhook] = []

        public init(id: String, role: Role?) {
            self.id = id
            self.role = role
        }
    }

    /// Something that must be the same everywhere, and what a process has for it.
    public struct Fingerprint: Sendable, Equatable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// What stands behind the sinks of some workers.
    public struct Group: Sendable, Equatable {
        public var name: String
        public var isShut: Bool

        public init(name: String, isShut: Bool) {
            self.name = name
            self.isShut = isShut
        }
    }

    /// An item that could be served, and of which nothing is decided.
    public struct Stall: Sendable, Equatable {
        public var item: String
        public var milliseconds: Int64

        public init(item: String, milliseconds: Int64) {
            self.item = item
            self.milliseconds = milliseconds
        }
    }

    /// A webhook to a shop, as the leader's sender sees it.
    public struct Webhook: Sendable, Equatable {
        public var name: String
        /// For how long no delivery has succeeded; 0 while they do.
        public var failingMilliseconds: Int64 = 0
        /// Why the last call failed.
        public var reason = ""
        /// The receiver answered 410.
        public var isGone = false
        /// As many events wait for their retry as may.
        public var isFull = false
        public var dead: Int64 = 0  // dead letters
        public var gaps: Int64 = 0  // times that events were no longer kept when their turn came

        public init(_ name: String) { self.name = name }

        /// Whether it stands as it should.
        public var isWell: Bool { failingMilliseconds == 0 && !isGone && !isFull && dead == 0 && gaps == 0 }
    }

    public struct Item: Sendable, Equatable {
        public var name: String
        public var waiting: Int64 = 0  // purchases
        public var held: Int64 = 0  // units
        public var inDoubt: Int64 = 0  // units
        public var isFrozen = false

        public init(_ name: String) { self.name = name }
    }

    /// Why the store can't be reached; nil while it can. The fields below are then what was known last.
    public var storeAway: String?
    /// What the store refuses though it answers, in its own words.
    public var impairments: [String] = []
    /// What the store could not write to its disk.
    public var persistenceErrors: [String] = []
    /// Items with purchases that were lost with the store's data, and were not created again.
    public var goneItems: [String] = []
    /// Why this process isn't ready, apart from the store.
    public var reasons: [String] = []
    /// The node that leads; empty: none does; nil: not known.
    public var leader: String?
    public var nodes: [Node] = []
    public var items: [Item] = []

    public init() {}
}
