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
    init?(_ words: ArraySlice<String>) {
        let words = Array(words)
        let numbers = words.dropFirst().prefix(4).compactMap { Int64($0) }
        guard words.count >= 5, numbers.count == 4, numbers.allSatisfy(Limits.reported.contains),
            Limits.groupName.contains(words[0].utf8.count), words[0].utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
            let breaker = BreakerState(rawValue: numbers[2]), words.count - 5 <= Limits.timesReported
        else { return nil }
        var calls: [Call] = []
        for word in words.dropFirst(5) {
            guard let letter = word.first, let result = Result(rawValue: letter),
                let microseconds = Int64(word.dropFirst()), Limits.reported.contains(microseconds)
            else { return nil }
            calls.append(Call(microseconds: microseconds, result: result))
        }
        guard numbers[3] >= Int64(calls.count), numbers[3] == 0 || !calls.isEmpty else { return nil }
        group = words[0]
        capPerSecond = numbers[0] == 0 ? nil : numbers[0]
        floorPerSecond = numbers[1] == 0 ? nil : numbers[1]
        self.breaker = breaker
        callCount = numbers[3]
        self.calls = calls
    }
}
