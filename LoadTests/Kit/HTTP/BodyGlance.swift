/// What a buyer acts on in a ticket's or a problem's body, found in one pass without building anything.
public struct BodyGlance: Sendable, Equatable {
    /// Where the ticket stands in the body, empty when there is none.
    public var ticket = 0..<0
    public var state: TicketState?
    /// 0 when there is none.
    public var sequence: Int64 = 0
    /// Milliseconds, 0 when there is none.
    public var pollAfterMilliseconds: Int64 = 0
    public var isFinal = false
    public var refusal: Refusal?
    /// Milliseconds, nil when there is none.
    public var retryAfterMilliseconds: Int64?

    /// Whether this is a whole ticket whose `final` fits its `state`, with a time to ask again while it is not final.
    public var isTicket: Bool {
        guard let state, !ticket.isEmpty, sequence >= 1 else { return false }
        return isFinal == state.isFinal && (isFinal || pollAfterMilliseconds >= 1)
    }

    /// Reads the members of the object in `body`; what is inside other values is stepped over. O(body).
    public init(_ body: Span<UInt8>) {
        var at = 0
        while at < body.count {
            guard body[at] == 0x22 else {
                at += 1
                continue
            }
            let name = at + 1
            let nameEnd = Self.stringEnd(body, name)
            guard nameEnd + 2 < body.count, body[nameEnd + 1] == 0x3A else { return }
            let value = nameEnd + 2
            let valueEnd = Self.valueEnd(body, value)
            note(body, name: name..<nameEnd, value: value..<min(valueEnd, body.count))
            at = valueEnd
        }
    }

    private mutating func note(_ body: Span<UInt8>, name: Range<Int>, value: Range<Int>) {
        guard !value.isEmpty else { return }
        let first = body[name.lowerBound]
        switch (name.count, first) {
        case (6, 0x74): ticket = Self.inside(body, value)
        case (5, 0x73): state = TicketState.read(body, Self.inside(body, value))
        case (8, 0x73) where body[name.lowerBound + 1] == 0x65: sequence = Self.integer(body, value) ?? 0
        case (13, 0x70): pollAfterMilliseconds = Self.integer(body, value) ?? 0
        case (5, 0x66): isFinal = body[value.lowerBound] == 0x74
        case (4, 0x63): refusal = Refusal.read(body, Self.inside(body, value))
        case (14, 0x72): retryAfterMilliseconds = Self.integer(body, value)
        default: break
        }
    }

    /// The range between the quotes, empty when the value is no string.
    private static func inside(_ body: Span<UInt8>, _ value: Range<Int>) -> Range<Int> {
        guard body[value.lowerBound] == 0x22, value.count >= 2 else { return 0..<0 }
        return value.lowerBound + 1..<value.upperBound - 1
    }

    private static func integer(_ body: Span<UInt8>, _ value: Range<Int>) -> Int64? {
        guard value.count <= 18 else { return nil }
        var number: Int64 = 0
        for at in value {
            guard (0x30...0x39).contains(body[at]) else { return nil }
            number = number * 10 + Int64(body[at] - 0x30)
        }
        return number
    }

    /// Where the quote is that ends the string beginning at `start`, or the end of the body.
    private static func stringEnd(_ body: Span<UInt8>, _ start: Int) -> Int {
        var at = start
        while at < body.count, body[at] != 0x22 { at += body[at] == 0x5C ? 2 : 1 }
        return min(at, body.count)
    }

    /// The index after the value that begins at `start`.
    private static func valueEnd(_ body: Span<UInt8>, _ start: Int) -> Int {
        var depth = 0
        var at = start
        while at < body.count {
            switch body[at] {
            case 0x22:
                at = stringEnd(body, at + 1)
                if depth == 0 { return at + 1 }
            case 0x7B, 0x5B: depth += 1
            case 0x7D, 0x5D:
                if depth == 0 { return at }
                depth -= 1
                if depth == 0 { return at + 1 }
            case 0x2C where depth == 0: return at
            default: break
            }
            at += 1
        }
        return body.count
    }
}

/// Why a purchase or a poll was refused, in the codes of the contract.
public enum Refusal: String, Sendable, CaseIterable {
    case soldOut = "sold-out"
    case closed
    case queueFull = "queue-full"
    case paused
    case notOpen = "not-open"
    case rateLimited = "rate-limited"
    case storeUnavailable = "store-unavailable"
    case degraded
    case draining
    case inProgress = "in-progress"
    case alreadyFinal = "already-final"
    case lost
    /// A code that no buyer of these tests can meet when all is well.
    case other

    private static let spellings = allCases.map { Array($0.rawValue.utf8) }

    static func read(_ body: Span<UInt8>, _ range: Range<Int>) -> Refusal {
        for (refusal, spelling) in zip(allCases, spellings) where spelling.count == range.count {
            if range.allSatisfy({ body[$0] == spelling[$0 - range.lowerBound] }) { return refusal }
        }
        return .other
    }
}

extension TicketState {
    private static let states: [(TicketState, [UInt8])] = [
        TicketState.queued, .sold, .soldOut, .processing, .reserved, .rejected, .expired, .cancelled, .inDoubt,
    ].map { ($0, Array($0.rawValue.utf8)) }

    static func read(_ body: Span<UInt8>, _ range: Range<Int>) -> TicketState? {
        for (state, spelling) in states where spelling.count == range.count {
            if range.allSatisfy({ body[$0] == spelling[$0 - range.lowerBound] }) { return state }
        }
        return nil
    }
}
