public import Domain

// A report is a row of the worker's own numbers, a row for each item, and up to three of its orders. A worker without a
// sink writes what workers of releases before sinks wrote, and rows without an incarnation are those of releases before
// incarnations: schedulers and workers of two releases understand each other.

extension WorkerReport {
    /// The word `flags`. A scheduler of an earlier release takes all but 1 for an incomplete report.
    private struct Flags {
        static let complete: Int64 = 1
        static let knowsIncarnations: Int64 = 2
        static let all: ClosedRange<Int64> = 0...3
    }

    /// `worker beat term in_flight completed execution_us flags presence`, then the rows.
    public func encode() -> String {
        let flags = (isComplete ? Flags.complete : 0) | (knowsIncarnations ? Flags.knowsIncarnations : 0)
        var text = "\(worker) \(beat) \(term) \(inFlight) \(completed) \(executionSum) \(flags) \(presence.code)"
        for line in lines { text += line.row }
        if let orders { text += orders.rows }
        return text
    }

    /// Nil for anything but a complete report with numbers that a worker can have.
    public static func decode(_ payload: [UInt8]) -> WorkerReport? {
        var reader = MessageReader(payload)
        guard reader.nextRow(), let worker = reader.word(), let beat = reader.number(), let term = reader.number(),
            let inFlight = reader.number(), let completed = reader.number(), let executionSum = reader.number(),
            let flags = reader.number(in: Flags.all), let presence = reader.number().flatMap(Presence.init(code:))
        else { return nil }
        var lines: [Line] = []
        var orders: Orders?
        while reader.nextRow() {
            if reader.peek == RowName.mark {
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

extension WorkerReport.Presence {
    fileprivate var code: Int64 {
        switch self {
        case .working: 0
        case .leaving: 1
        case .gone: 2
        }
    }

    fileprivate init?(code: Int64) {
        switch code {
        case 0: self = .working
        case 1: self = .leaving
        case 2: self = .gone
        default: return nil
        }
    }
}

extension WorkerReport.Line {
    /// `item allowance used stop counters [incarnation]`.
    fileprivate var row: String {
        let row = "\n\(item) \(allowance) \(used) \(stop.reportCode)\(counters.words)"
        return incarnation.map { "\(row) \(ItemIncarnation.text($0))" } ?? row
    }

    fileprivate init?(_ reader: inout MessageReader) {
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
        self.init(item: item, allowance: allowance, used: used, stop: DeductStop(report: stop), counters: counters)
        if reader.hasWord() {
            incarnation = reader.incarnation()
            if incarnation == nil { return nil }
        }
    }
}
