import EventLoop

/// Connections whose input at hand is gone on with in the loop's next turn: an answer that is given in a handler must
/// not start another handler.
final class ResumeQueue {
    private let loop: EventLoop
    private var waiting: [Connection] = []
    private var isScheduled = false
    var onDue: ([Connection]) -> Void = { _ in }

    init(loop: EventLoop) { self.loop = loop }

    func add(_ connection: Connection) {
        guard !connection.isQueued else { return }
        connection.queued()
        waiting.append(connection)
        guard !isScheduled else { return }
        isScheduled = true
        loop.schedule(at: loop.now) { [self] in
            isScheduled = false
            let due = waiting
            waiting = []
            for connection in due { connection.unqueued() }
            onDue(due)
        }
    }
}
