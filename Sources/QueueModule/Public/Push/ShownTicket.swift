import Base
import Domain

/// What a stream has shown last of a ticket, and whether something else is worth an event.
struct ShownTicket: Equatable {
    private let letter: UInt8
    private let isPartial: Bool
    private let position: Int64  // 0 where it does not wait
    private let estimate: Int64  // milliseconds; -1 where it is not known
    private let verdict: ItemView.Verdict

    init(_ body: TicketBody) {
        (letter, isPartial, verdict) = (body.state.letter, body.isPartial, body.verdict)
        if case .queued(let position) = body.state { self.position = position } else { position = 0 }
        estimate = body.eta?.p50 ?? -1
    }

    /// Whether a ticket in this state is as it was shown. Where it stands in the queue is another matter.
    func covers(_ state: TicketBody.State) -> Bool { letter == state.letter && !isPartial }

    /// Whether a waiting buyer is to be shown where he stands now: when a tenth of it has changed.
    func isOutdated(by now: ShownTicket) -> Bool {
        letter != now.letter || isPartial != now.isPartial || verdict != now.verdict
            || Self.differ(position, now.position) || Self.differ(estimate, now.estimate)
    }

    private static func differ(_ old: Int64, _ new: Int64) -> Bool {
        if old < 0 || new < 0 { return old != new }
        return 10 * abs(new - old) > old
    }

    /// Appends its part of an event's id. A client that comes back with it has seen this.
    func append(to id: inout ByteBuffer) {
        id.append(letter)
        if position > 0 { id.append(decimal: position) }
        if isPartial { id.append(UInt8(ascii: "?")) }
    }

    static let unknown = UInt8(ascii: "-")
    static let separator = UInt8(ascii: ".")

    /// Whether a part of an id says that the client has seen the end.
    static func isFinal(_ part: ArraySlice<UInt8>) -> Bool {
        part.count == 1 && TicketBody.State.finalLetters.contains(part[part.startIndex])
    }
}

extension TicketBody.State {
    static let all: [TicketBody.State] = [
        .queued(position: 1), .processing, .sold, .soldOut, .rejected, .reserved, .expired, .cancelled, .inDoubt,
    ]

    static let finalLetters: [UInt8] = all.filter(\.isFinal).map(\.letter)

    /// A letter for each, in ids of events.
    var letter: UInt8 {
        switch self {
        case .queued: UInt8(ascii: "q")
        case .processing: UInt8(ascii: "p")
        case .sold: UInt8(ascii: "s")
        case .soldOut: UInt8(ascii: "o")
        case .rejected: UInt8(ascii: "r")
        case .reserved: UInt8(ascii: "h")
        case .expired: UInt8(ascii: "e")
        case .cancelled: UInt8(ascii: "c")
        case .inDoubt: UInt8(ascii: "d")
        }
    }
}
