import EventLoop

/// Connections whose kept input is handled in the loop's next turn: an answer that is given in a handler must
/// not start another handler.
final class ResumeQueue {
    private let loop: EventLoop
    private var waiting: [Connection] = []
    /// Set while `waiting` holds some.
    private var isScheduled = false
    var onDue: ([Connection]) -> Void = { _ in }

    init(loop: EventLoop) { self.loop = loop }

    func add(_ connection: Connection) {
        assert(isScheduled == !waiting.isEmpty, "connections wait without a turn to come")
        guard !connection.isQueued else { return }
        connection.queued()
        waiting.append(connection)
        guard !isScheduled else { return }
        isScheduled = true
        loop.schedule(at: loop.now) { [self] in resume() }
    }

    private func resume() {
        precondition(isScheduled && !waiting.isEmpty, "a turn without connections to resume")
        isScheduled = false
        let due = waiting
        waiting = []
        for connection in due { connection.unqueued() }
        onDue(due)
    }
}
