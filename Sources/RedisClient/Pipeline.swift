import Base

/// A command that has no reply yet.
struct PendingCommand {
    let completion: RedisCompletion
    let deadline: MonotonicInstant
    let end: UInt64  // where its last byte lies in the output of this connection, as a count of bytes
    var mayBeRefused = false  // then a refusal means nothing for the store
    var evaluation: Evaluation?
}

/// The commands that wait for replies, oldest first: replies come in the order of commands.
///
/// A pure machine: a ring that grows to what was once needed and stays. All but `earliestDeadline` is O(1).
struct Pipeline {
    private var ring = [PendingCommand?](repeating: nil, count: 64)  // a power of two
    private var first = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ command: PendingCommand) {
        assert((at(count - 1)?.end ?? 0) <= command.end, "commands are written one behind the other")
        if count == ring.count { grow() }
        ring[place(count)] = command
        count += 1
    }

    /// The command that the next reply belongs to; nil when none was sent whole, so that no reply may come.
    mutating func popAnswered(sentBytes: UInt64) -> PendingCommand? {
        guard count > 0, let command = ring[first], command.end <= sentBytes else { return nil }
        ring[first] = nil
        first = place(1)
        count -= 1
        assert(count >= 0 && (count == 0 || ring[first] != nil), "a reply without a command")
        return command
    }

    /// Empties the pipeline of a connection that is gone; each command with what is known of it, oldest first.
    mutating func fail(sentBytes: UInt64) -> [(completion: RedisCompletion, failure: RedisFailure)] {
        defer { self = Pipeline() }
        return (0..<count).map { index in
            guard let command = at(index) else {
                preconditionFailure("fewer commands than were counted")
            }
            // A command whose last byte never left cannot have been carried out.
            return (command.completion, command.end <= sentBytes ? .outcomeUnknown : .unreachable)
        }
    }

    /// The earliest deadline of all; O(count), so for once in a while.
    var earliestDeadline: MonotonicInstant? {
        (0..<count).lazy.compactMap { at($0)?.deadline }.min()
    }

    private func place(_ index: Int) -> Int { (first + index) & (ring.count - 1) }
    private func at(_ index: Int) -> PendingCommand? { ring[place(index)] }

    private mutating func grow() {
        var larger = [PendingCommand?](repeating: nil, count: ring.count * 2)
        for index in 0..<count { larger[index] = at(index) }
        ring = larger
        first = 0
    }
}
