public import Base

/// What one process knows of all: the store, who leads, who is there, what is on sale. Judged by `Trouble.all`.
public struct ClusterFacts: Sendable, Equatable {
    /// One process, as it describes itself.
    public struct Node: Sendable, Equatable {
        public enum Role: String, Sendable {
            case queue, scheduler, worker
        }

        public var id: String
        public var role: Role?
        /// It described itself lately.
        public var isAlive = true
        public var isReady = true
        /// Why it isn't ready.
        public var reasons: [String] = []
        public var version = ""
        public var commit = ""
        /// Names of what must be the same everywhere, such as `ticket_key`, and what it has for them.
        public var fingerprints: [Fingerprint] = []
        /// Fingerprints of its ticket keys, two during a rotation; empty where it does not say.
        public var keys: [String] = []
        public var leads = false
        /// Of a leader: workers that it hears of.
        public var liveWorkers: Int64?
        /// Of a leader: for how long it has led; nil where it doesn't say.
        public var ledFor: TimeSpan?
        /// Of a leader: what stands behind the workers' sinks.
        public var groups: [Group] = []
        /// Of a leader: items that nothing is decided of though they could be served, longest first.
        public var stalled: [Stall] = []

        public init(id: String, role: Role?) {
            self.id = id
            self.role = role
        }
    }

    public struct Fingerprint: Sendable, Equatable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public struct Group: Sendable, Equatable {
        public var name: String
        public var isShut: Bool

        public init(name: String, isShut: Bool) {
            self.name = name
            self.isShut = isShut
        }
    }

    public struct Stall: Sendable, Equatable {
        public var item: String
        public var milliseconds: Int64

        public init(item: String, milliseconds: Int64) {
            self.item = item
            self.milliseconds = milliseconds
        }
    }

    public struct Item: Sendable, Equatable {
        public var name: String
        public var waiting: Int64 = 0  // purchases
        public var held: Int64 = 0  // units
        public var inDoubt: Int64 = 0  // units
        public var isFrozen = false

        public init(_ name: String) { self.name = name }
    }

    /// Why the store can't be asked; nil while it can. What is below is then what was known last.
    public var storeAway: String?
    /// What the store refuses though it answers, in its own words.
    public var impairments: [String] = []
    /// What the store could not write to its disk.
    public var persistenceErrors: [String] = []
    /// Items that were bought of and went with the store's data, and are not there again.
    public var goneItems: [String] = []
    /// Why the asked process isn't ready, beside the store.
    public var reasons: [String] = []
    /// The node that holds the lead; empty: nobody does; nil: not known.
    public var leader: String?
    public var nodes: [Node] = []
    public var items: [Item] = []

    public init() {}
}
