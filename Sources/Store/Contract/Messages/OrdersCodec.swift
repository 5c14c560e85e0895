import Base
import Domain

extension WorkerReport.Orders {
    /// `!orders failed residence_us`, then the times; where there is a group one row of the sink, and one of the
    /// retries that it wants.
    var rows: String {
        var text = "\n\(RowName.orders) \(failed) \(residenceSum)"
        for time in times { text += " \(time)" }
        if let sink { text += "\n\(sink.row)" }
        if sink != nil, let retries { text += "\n\(retries.row)" }
        return text
    }

    /// Reads one of the rows, in this order; false for anything else.
    static func read(_ reader: inout MessageReader, into orders: inout Self?) -> Bool {
        switch reader.word() {
        case RowName.orders:
            guard orders == nil, let failed = reader.number(), let residence = reader.number() else { return false }
            var times: [Int64] = []
            while reader.hasWord() {
                guard times.count < Limits.timesReported, let time = reader.number() else { return false }
                times.append(time)
            }
            orders = Self(times: times, residenceSum: residence, failed: failed)
            return true
        case RowName.sink:
            guard orders != nil, orders?.sink == nil, let sink = SinkReport(&reader) else { return false }
            orders?.sink = sink
            return true
        case RowName.retries:
            guard orders?.sink != nil, orders?.retries == nil, let retries = RetryReport(&reader) else {
                return false
            }
            orders?.retries = retries
            return true
        default: return false
        }
    }
}

extension SinkReport {
    /// `!sink group cap floor breaker calls`, then each call that is listed as its result and microseconds.
    fileprivate var row: String {
        var text =
            "\(RowName.sink) \(group) \(capPerSecond ?? 0) \(floorPerSecond ?? 0) \(breaker.rawValue) \(callCount)"
        for call in calls { text += " \(call.result.letter)\(call.microseconds)" }
        return text
    }

    /// From the words behind the name of the row; nil for anything that no worker writes.
    fileprivate init?(_ reader: inout MessageReader) {
        guard let group = reader.word(), Limits.groupName.contains(group.utf8.count),
            group.utf8.areVisibleASCII, let cap = reader.number(),
            let floor = reader.number(), let breaker = reader.number().flatMap(BreakerState.init),
            let count = reader.number()
        else { return nil }
        var calls: [Call] = []
        while reader.hasWord() {
            guard calls.count < Limits.timesReported, let letter = reader.peek, let result = Result(letter: letter)
            else { return nil }
            reader.skipByte()
            guard let peek = reader.peek, peek > UInt8(ascii: " "), let time = reader.number() else { return nil }
            calls.append(Call(microseconds: time, result: result))
        }
        guard count >= Int64(calls.count), count == 0 || !calls.isEmpty else { return nil }
        self.init(
            group: group, capPerSecond: cap == 0 ? nil : cap, floorPerSecond: floor == 0 ? nil : floor,
            breaker: breaker, calls: calls, callCount: count)
    }
}

extension SinkReport.Result {
    fileprivate var letter: Character {
        switch self {
        case .answered: "a"
        case .busy: "b"
        case .unknown: "u"
        }
    }

    fileprivate init?(letter: UInt8) {
        switch letter {
        case UInt8(ascii: "a"): self = .answered
        case UInt8(ascii: "b"): self = .busy
        case UInt8(ascii: "u"): self = .unknown
        default: return nil
        }
    }
}

extension RetryReport {
    /// `!repeats wanted allowance awaiting`.
    fileprivate var row: String { "\(RowName.retries) \(wanted) \(allowance) \(awaiting)" }

    fileprivate init?(_ reader: inout MessageReader) {
        guard let wanted = reader.number(), let allowance = reader.number(), let awaiting = reader.number() else {
            return nil
        }
        self.init(wanted: wanted, allowance: allowance, awaiting: awaiting)
    }
}
