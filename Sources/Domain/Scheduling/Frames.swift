/// What the scheduler tells a worker: how many winners of an item it may have taken in all, since the term began.
///
/// Absolute, so that a lost grant is repaired by the next one and a doubled one changes nothing.
public struct Grant: Sendable, Equatable {
    public var term: Int64
    public var item: ItemName
    public var allowance: Int64  // winners, cumulative in this term

    public init(term: Int64, item: ItemName, allowance: Int64) {
        self.term = term
        self.item = item
        self.allowance = allowance
    }

    /// One line each: `term item allowance`.
    public static func encode(_ grants: [Grant]) -> String {
        grants.map { "\($0.term) \($0.item) \($0.allowance)" }.joined(separator: "\n")
    }

    /// Nil for anything but complete lines.
    public static func decode(_ payload: [UInt8]) -> [Grant]? {
        var grants: [Grant] = []
        for line in payload.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            guard words.count == 3, let term = Int64(words[0]), let item = ItemName(words[1]),
                let allowance = Int64(words[2]), isCount(term), isCount(allowance)
            else { return nil }
            grants.append(Grant(term: term, item: item, allowance: allowance))
        }
        return grants
    }
}

/// Whether a number of a frame is one that we may have sent: what is added up from them can't overflow.
private func isCount(_ number: Int64) -> Bool { Limits.reported.contains(number) }

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

        public init(item: ItemName, allowance: Int64, used: Int64, stop: Int64, counters: ItemCounters) {
            self.item = item
            self.allowance = allowance
            self.used = used
            self.stop = stop
            self.counters = counters
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
    public var presence: Presence
    public var lines: [Line]
    /// What only a worker with a sink has to tell; nil of others, whose frames stay as short as they were.
    public var orders: Orders?

    public init(
        worker: String, beat: Int64, term: Int64, inFlight: Int64, completed: Int64, executionSum: Int64,
        isComplete: Bool, presence: Presence = .working, lines: [Line], orders: Orders? = nil
    ) {
        self.worker = worker
        self.beat = beat
        self.term = term
        self.inFlight = inFlight
        self.completed = completed
        self.executionSum = executionSum
        self.isComplete = isComplete
        self.presence = presence
        self.lines = lines
        self.orders = orders
    }

    public func encode() -> String {
        var text = "\(worker) \(beat) \(term) \(inFlight) \(completed) \(executionSum) \(isComplete ? 1 : 0)"
        text += " \(presence.rawValue)"
        for line in lines {
            let c = line.counters
            text += "\n\(line.item) \(line.allowance) \(line.used) \(line.stop)"
            text += " \(c.version) \(c.news) \(c.head) \(c.tail) \(c.cancelled) \(c.free) \(c.held) \(c.inDoubt)"
            text += " \(c.sold) \(c.endedAt) \(c.ended) \(c.redo)"
        }
        if let orders { text += orders.text }
        return text
    }

    /// Nil for anything but a complete report with numbers that a worker can have.
    public static func decode(_ payload: [UInt8]) -> WorkerReport? {
        let rows = payload.split(separator: UInt8(ascii: "\n")).map { row in
            row.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
        }
        guard let head = rows.first, head.count == 8 else { return nil }
        let numbers = head.dropFirst().compactMap { Int64($0) }
        guard numbers.count == 7, numbers.allSatisfy(isCount), let presence = Presence(rawValue: numbers[6]) else {
            return nil
        }
        var lines: [Line] = []
        var orders: Orders?
        for row in rows.dropFirst() {
            if row.first?.utf8.first == UInt8(ascii: "!") {  // no item is named so
                guard Orders.read(row, into: &orders) else { return nil }
                continue
            }
            let values = row.dropFirst().compactMap { Int64($0) }
            guard row.count == 4 + ItemCounters.count, values.count == row.count - 1, let item = ItemName(row[0]),
                values[..<3].allSatisfy(isCount), let counters = ItemCounters(values[3...])
            else { return nil }
            lines.append(
                Line(item: item, allowance: values[0], used: values[1], stop: values[2], counters: counters))
        }
        return WorkerReport(
            worker: head[0], beat: numbers[0], term: numbers[1], inFlight: numbers[2], completed: numbers[3],
            executionSum: numbers[4], isComplete: numbers[5] == 1, presence: presence, lines: lines, orders: orders)
    }
}
