/// What the scheduler tells a worker: how many winners of an item it may have taken in all, since the term began.
///
/// Absolute, so that a lost grant is repaired by the next one and a doubled one changes nothing.
public struct Grant: Sendable, Equatable {
    public var term: Int64
    public var item: ItemName
    public var allowance: Int64  // winners, cumulative in this term
    /// The worker takes something only while it has fewer than this in flight, of all items together; nil: at once.
    public var limit: Int64?
    /// Which item of that name; the allowance counts its winners alone. Nil: to a worker that knows nothing of this.
    public var incarnation: UInt64?

    public init(term: Int64, item: ItemName, allowance: Int64, limit: Int64? = nil, incarnation: UInt64? = nil) {
        self.term = term
        self.item = item
        self.allowance = allowance
        self.limit = limit
        self.incarnation = incarnation
    }

    /// One line each: `term item allowance [limit|- [incarnation]]`.
    public static func encode(_ grants: [Grant]) -> String {
        grants.map { grant in
            var line = "\(grant.term) \(grant.item) \(grant.allowance)"
            if let limit = grant.limit { line += " \(limit)" } else if grant.incarnation != nil { line += " -" }
            if let incarnation = grant.incarnation { line += " \(ItemIncarnation.text(incarnation))" }
            return line
        }.joined(separator: "\n")
    }

    /// Nil for anything but complete lines.
    public static func decode(_ payload: [UInt8]) -> [Grant]? {
        var grants: [Grant] = []
        var reader = FrameReader(payload)
        while reader.nextRow() {
            guard let term = reader.number(), let item = reader.word().flatMap(ItemName.init),
                let allowance = reader.number()
            else { return nil }
            var grant = Grant(term: term, item: item, allowance: allowance)
            let isUnlimited = reader.skipWord(UInt8(ascii: "-"))
            if !isUnlimited, reader.hasWord() {
                grant.limit = reader.number()
                if grant.limit == nil { return nil }
            }
            if isUnlimited || reader.hasWord() {
                grant.incarnation = reader.incarnation()
                if grant.incarnation == nil { return nil }
            }
            grants.append(grant)
        }
        guard reader.isDone() else { return nil }
        return grants
    }
}

/// What a worker tells the schedulers: its beat, and what it did.
public struct WorkerReport: Sendable, Equatable {
    /// How long the worker will be there.
    public enum Presence: Int64, Sendable {
        case working = 0
        /// It finishes what it has, and takes nothing more.
        case leaving
        /// It holds nothing any more; this is its last report.
        case gone
    }

    /// One item that the worker was granted something of.
    public struct Line: Sendable, Equatable {
        /// The `stop` of a `deduct` that gave no answer; the store's own are 0...4.
        public static let callFailed: Int64 = 5

        public var item: ItemName
        public var allowance: Int64  // highest seen in this term
        public var used: Int64  // winners taken or given up, cumulative in this term
        public var stop: Int64  // why the last `deduct` ended; see deduct.lua
        public var counters: ItemCounters
        /// Which item of that name; as the grant said.
        public var incarnation: UInt64?

        public init(
            item: ItemName, allowance: Int64, used: Int64, stop: Int64, counters: ItemCounters,
            incarnation: UInt64? = nil
        ) {
            self.item = item
            self.allowance = allowance
            self.used = used
            self.stop = stop
            self.counters = counters
            self.incarnation = incarnation
        }
    }

    public var worker: String
    public var beat: Int64
    public var term: Int64
    public var inFlight: Int64  // taken and not settled
    public var completed: Int64  // since the last report
    public var executionSum: Int64  // microseconds, of those
    /// Whether `lines` has every item with something granted and not used, so that a missing one was never heard of.
    public var isComplete: Bool
    /// Whether it knows of incarnations, so that grants may name them.
    public var knowsIncarnations: Bool
    public var presence: Presence
    public var lines: [Line]
    /// What only a worker with a sink has to tell; nil of others, whose frames stay as short as they were.
    public var orders: Orders?

    public init(
        worker: String, beat: Int64, term: Int64, inFlight: Int64, completed: Int64, executionSum: Int64,
        isComplete: Bool, knowsIncarnations: Bool = false, presence: Presence = .working, lines: [Line],
        orders: Orders? = nil
    ) {
        self.worker = worker
        self.beat = beat
        self.term = term
        self.inFlight = inFlight
        self.completed = completed
        self.executionSum = executionSum
        self.isComplete = isComplete
        self.knowsIncarnations = knowsIncarnations
        self.presence = presence
        self.lines = lines
        self.orders = orders
    }

    /// What the word `flags` says: a scheduler from before it meant more takes all but 1 for an incomplete report.
    private struct Flags {
        static let complete: Int64 = 1
        static let knowsIncarnations: Int64 = 2
        static let all: ClosedRange<Int64> = 0...3
    }

    public func encode() -> String {
        let flags = (isComplete ? Flags.complete : 0) | (knowsIncarnations ? Flags.knowsIncarnations : 0)
        var text = "\(worker) \(beat) \(term) \(inFlight) \(completed) \(executionSum) \(flags) \(presence.rawValue)"
        for line in lines {
            let c = line.counters
            text += "\n\(line.item) \(line.allowance) \(line.used) \(line.stop)"
            text += " \(c.version) \(c.notification) \(c.head) \(c.tail) \(c.cancelled) \(c.free) \(c.held) \(c.inDoubt)"
            text += " \(c.sold) \(c.endedAt) \(c.ended) \(c.redo)"
            if let incarnation = line.incarnation { text += " \(ItemIncarnation.text(incarnation))" }
        }
        if let orders { text += orders.text }
        return text
    }

    /// Nil for anything but a complete report with numbers that a worker can have.
    public static func decode(_ payload: [UInt8]) -> WorkerReport? {
        var reader = FrameReader(payload)
        guard reader.nextRow(), let worker = reader.word(), let beat = reader.number(), let term = reader.number(),
            let inFlight = reader.number(), let completed = reader.number(), let executionSum = reader.number(),
            let flags = reader.number(in: Flags.all), let presence = reader.number().flatMap(Presence.init)
        else { return nil }
        var lines: [Line] = []
        var orders: Orders?
        while reader.nextRow() {
            if reader.peek == UInt8(ascii: "!") {  // no item is named so
                guard Orders.read(&reader, into: &orders) else { return nil }
            } else {
                guard let line = Line(&reader) else { return nil }
                lines.append(line)
            }
        }
        guard reader.isDone() else { return nil }
        return WorkerReport(
            worker: worker, beat: beat, term: term, inFlight: inFlight, completed: completed,
            executionSum: executionSum, isComplete: flags & Flags.complete != 0,
            knowsIncarnations: flags & Flags.knowsIncarnations != 0, presence: presence, lines: lines, orders: orders)
    }
}

extension WorkerReport.Line {
    fileprivate init?(_ reader: inout FrameReader) {
        guard let item = reader.word().flatMap(ItemName.init), let allowance = reader.number(),
            let used = reader.number(), let stop = reader.number()
        else { return nil }
        var numbers: [Int64] = []
        numbers.reserveCapacity(ItemCounters.count)
        for _ in 0..<ItemCounters.count {
            guard let number = reader.number() else { return nil }
            numbers.append(number)
        }
        guard let counters = ItemCounters(numbers) else { return nil }
        self.init(item: item, allowance: allowance, used: used, stop: stop, counters: counters)
        if reader.hasWord() {
            incarnation = reader.incarnation()
            if incarnation == nil { return nil }
        }
    }
}
