import Base
import EventLoop

extension HTTPServer {
    /// Sets when to look at the connection next. The timer moves only where it would be too late.
    func setDeadline(_ connection: Connection, _ time: MonotonicInstant) {
        connection.deadline = time
        if let timer = connection.timer {
            guard time < connection.timerTime else { return }
            loop.cancel(timer)
        }
        arm(connection, time)
    }

    private func arm(_ connection: Connection, _ time: MonotonicInstant) {
        connection.timerTime = time
        connection.timer = loop.schedule(at: time) { [unowned self, unowned connection] in timerFired(connection) }
    }

    private func timerFired(_ connection: Connection) {
        connection.timer = nil
        guard let deadline = connection.deadline else { return }
        if deadline > loop.now {
            arm(connection, deadline)
        } else {
            expire(connection)
        }
    }

    private func expire(_ connection: Connection) {
        if connection.fate == .lingering {
            close(connection)
        } else if connection.isBlocked {
            counters.slowReaders += 1
            close(connection)
        } else if connection.stage == .head || connection.stage == .body {
            refuse(connection, .requestTimeout, isHead: connection.partial?.parser.head.method == .head)
            outbox.seal(for: HeldConnection(connection))
            sendAll()
        } else {
            close(connection)
        }
    }
}
