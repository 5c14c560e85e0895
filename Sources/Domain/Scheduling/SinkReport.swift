import Base

/// What a worker tells of what stands behind its sink.
public struct SinkReport: Sendable, Equatable {
    public enum Result: Character, Sendable, CaseIterable {
        case answered = "a"
        case busy = "b"
        case unknown = "u"
    }

    public struct Call: Sendable, Equatable {
        public var microseconds: Int64  // from sending to the end of the answer
        public var result: Result

        public init(microseconds: Int64, result: Result) {
            self.microseconds = microseconds
            self.result = result
        }
    }

    /// Workers of one group share its capacity: `Limits.groupName` bytes without spaces.
    public var group: String
    public var capPerSecond: Int64?  // declared
    public var floorPerSecond: Int64?  // declared
    public var breaker: BreakerState
    /// Calls that ended since the last report; more than `Limits.timesReported` are told by some of them.
    public var callCount: Int64
    public var calls: [Call]

    public init(
        group: String, capPerSecond: Int64? = nil, floorPerSecond: Int64? = nil, breaker: BreakerState = .closed,
        calls: [Call] = [], callCount: Int64? = nil
    ) {
        self.group = group
        self.capPerSecond = capPerSecond
        self.floorPerSecond = floorPerSecond
        self.breaker = breaker
        self.calls = Array(calls.prefix(Limits.timesReported))
        self.callCount = callCount ?? Int64(calls.count)
    }

    /// One line: `!sink group cap floor breaker calls`, then each call told of as its result and microseconds.
    var line: String {
        var text = "!sink \(group) \(capPerSecond ?? 0) \(floorPerSecond ?? 0) \(breaker.rawValue) \(callCount)"
        for call in calls { text += " \(call.result.rawValue)\(call.microseconds)" }
        return text
    }

    /// From the words after `!sink`; nil for anything that no worker says.
    init?(_ reader: inout FrameReader) {
        guard let group = reader.word(), Limits.groupName.contains(group.utf8.count),
            group.utf8.allSatisfy({ (0x21...0x7e).contains($0) }), let cap = reader.number(),
            let floor = reader.number(), let breaker = reader.number().flatMap(BreakerState.init),
            let count = reader.number()
        else { return nil }
        var calls: [Call] = []
        while reader.hasWord() {
            guard calls.count < Limits.timesReported, let letter = reader.peek,
                let result = Result(rawValue: Character(Unicode.Scalar(letter)))
            else { return nil }
            reader.skipByte()
            guard let peek = reader.peek, peek > UInt8(ascii: " "), let time = reader.number() else { return nil }
            calls.append(Call(microseconds: time, result: result))
        }
        guard count >= Int64(calls.count), count == 0 || !calls.isEmpty else { return nil }
        self.group = group
        capPerSecond = cap == 0 ? nil : cap
        floorPerSecond = floor == 0 ? nil : floor
        self.breaker = breaker
        callCount = count
        self.calls = calls
    }
}
