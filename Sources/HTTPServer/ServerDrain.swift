public import Base
import EventLoop

extension HTTPServer {
    /// Closes the listening socket; connections go on. Those that the kernel had accepted already are taken over first.
    public func stopAccepting() { listener.close() }

    /// Ends the server in good order: stops accepting, closes idle connections, lets requests in hand be answered with
    /// `Connection: close`, then calls `completion` once, in a later turn.
    ///
    /// - Parameter deadline: what is still open then is closed at once.
    public func drain(deadline: MonotonicInstant, completion: @escaping () -> Void) {
        precondition(!isDraining, "a server drains once")
        stopAccepting()
        isDraining = true
        drainCompletion = completion
        drainTimer = loop.schedule(at: deadline) { [weak self] in self?.closeConnections() }
        // In the loop's hands, because a handler may have asked for the drain.
        loop.schedule(at: loop.now) { [self] in
            var idle: [Connection] = []
            connections.forEach { if $1.stage == .idle, $1.fate == .keep, !$1.isBlocked { idle.append($1) } }
            for connection in idle { retire(connection) }
            finishDrainIfEmpty()
        }
    }

    /// Lets go of everything at once: the port, all connections, the handler.
    public func close() {
        listener.close()
        closeConnections()
        handler = nil
    }

    /// Ends an idle connection, unless a request has arrived unseen or the connection is so new that its first one is
    /// probably under way.
    private func retire(_ connection: Connection) {
        guard !connection.isClosed, connection.stage == .idle, connection.input.isEmpty else { return }
        if connection.exchange == 0 {
            setDeadline(connection, loop.now + limits.drainGrace)
            return
        }
        ready(connection, .readable)
        takeAll()
        guard !connection.isClosed, connection.stage == .idle, connection.fate == .keep, !connection.isBlocked else {
            return
        }
        connection.fate = .linger
        conclude(connection)
    }

    private func closeConnections() {
        var all: [Connection] = []
        connections.forEach { all.append($1) }
        for connection in all { close(connection) }
    }

    func finishDrainIfEmpty() {
        guard isDraining, connections.count == 0, let completion = drainCompletion else { return }
        drainCompletion = nil
        handler = nil
        if let drainTimer { loop.cancel(drainTimer) }
        loop.schedule(at: loop.now) { completion() }
    }
}
