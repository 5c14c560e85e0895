import Base
import CLinux
import EventLoop
import Glibc

extension HTTPServer {
    /// Answers an exchange. `build` fills the server's scratch response and must not answer another exchange meanwhile.
    ///
    /// - Returns: false when the exchange was answered before or its connection has gone; `build` is then not called.
    @discardableResult
    public func respond(to exchange: ExchangeID, _ build: (inout Response) -> Void) -> Bool {
        if let handling, handling.use({ $0.awaits(exchange) }) {
            response.clear()
            build(&response)
            handling.use { finishExchange($0) }
            return true
        }
        guard let connection = waiting(exchange) else { return false }
        response.clear()
        build(&response)
        if let handling { outbox.seal(for: handling) }
        connection.use { finishExchange($0) }
        outbox.seal(for: connection)
        connection.use { proceed($0) }
        if !isTogether { sendAll() }
        return true
    }

    /// Sends the answers that are given within `body` at its end, in a row. What the kernel does for one of them drives
    /// our instructions out of the nearest caches, so a step for many in a row costs less than all steps for each.
    public func together(_ body: () -> Void) {
        guard !isTogether else { return body() }
        isTogether = true
        body()
        isTogether = false
        sendAll()
    }

    /// Sends what lies in the outbox, all of it sealed, in order.
    func sendAll() {
        precondition(outbox.isSealed, "what lies behind the last piece belongs to nobody yet")
        var start = 0
        for piece in outbox.pieces {
            piece.connection.use { send($0, start..<piece.end) }
            start = piece.end
        }
        outbox.clear()
        if inbox.pieces.isEmpty, !departed.isEmpty { departed.removeAll() }
    }

    /// Gives an exchange up without an answer: its connection ends with a reset. For servers that rehearse failures.
    ///
    /// - Returns: false when the exchange was answered before or its connection has gone.
    @discardableResult
    public func reset(_ exchange: ExchangeID) -> Bool {
        guard let connection = connections[exchange.connection], connection.awaits(exchange) else { return false }
        var option = linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout<linger>.size)
        _ = unsafe setsockopt(connection.descriptor, SOL_SOCKET, SO_LINGER, &option, size)
        close(connection)
        return true
    }

    private func finishExchange(_ connection: Connection) {
        connection.stage = .idle
        times.answered(kind: connection.kind, status: response.status, start: connection.readAt)
        let keeps = connection.keepsAlive && !isDraining
        writeResponse(isHead: connection.answersHead, keepsAlive: keeps, isHTTP10: connection.isHTTP10)
        if !keeps { connection.fate = connection.keepsAlive || !connection.input.isEmpty ? .linger : .close }
    }

    private func writeResponse(isHead: Bool, keepsAlive: Bool, isHTTP10: Bool) {
        date.refresh(loop.wallNow)
        outbox.bytes.append(response, date: date.line, isHead: isHead, keepsAlive: keepsAlive, isHTTP10: isHTTP10)
    }

    /// Answers a request that no handler sees, and gives the connection up.
    func refuse(_ connection: Connection, _ refusal: Refusal, isHead: Bool) {
        counters.add(refusal)
        response.clear()
        response.writeProblem(refusal)
        times.refused(status: response.status)
        writeResponse(isHead: isHead, keepsAlive: false, isHTTP10: false)
        connection.fate = .linger
        connection.stage = .idle
        connection.input = []
        connection.partial = nil
    }

    /// Sends a piece of the outbox, and keeps for the connection what the socket does not take.
    private func send(_ connection: Connection, _ place: Range<Int>) {
        guard !connection.isClosed else { return }
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: outbox.bytes.written(from: 0)[place])
        var sent = 0
        if !connection.isBlocked {
            sent = unsafe clinux_send(connection.descriptor, bytes.baseAddress, bytes.count)
            if sent < 0 {
                guard clinux_errno() == EAGAIN || clinux_errno() == EINTR else { return close(connection) }
                sent = 0
            }
            counters.bytesOut += UInt64(sent)
        }
        if sent < bytes.count { unsafe keepOutput(connection, UnsafeRawBufferPointer(rebasing: bytes[sent...])) }
        if !connection.isBlocked { conclude(connection) }
    }

    private func keepOutput(_ connection: Connection, _ bytes: UnsafeRawBufferPointer) {
        guard connection.output.count - connection.outputSent + bytes.count <= limits.outputBytes else {
            counters.slowReaders += 1
            close(connection)
            return
        }
        if !connection.isBlocked { setDeadline(connection, loop.now + limits.writeTimeout) }
        unsafe connection.output.append(contentsOf: bytes)
        setInterest(connection, .writable)
    }

    /// Sends what was kept, now that the socket takes more.
    func flushBlocked(_ connection: Connection) {
        let sent = unsafe connection.output.withUnsafeBytes {
            unsafe clinux_send(
                connection.descriptor, $0.baseAddress.map { unsafe $0 + connection.outputSent },
                $0.count - connection.outputSent)
        }
        guard sent >= 0 else {
            if clinux_errno() != EAGAIN && clinux_errno() != EINTR { close(connection) }
            return
        }
        counters.bytesOut += UInt64(sent)
        connection.outputSent += sent
        guard !connection.isBlocked else { return }
        connection.output = []
        connection.outputSent = 0
        conclude(connection)
        proceed(connection)
    }

    /// Ends a connection whose last output has left.
    func conclude(_ connection: Connection) {
        guard !connection.isClosed else { return }
        switch connection.fate {
        case .keep, .lingering: return
        case .close: close(connection)
        case .linger:
            _ = clinux_shutdown_write(connection.descriptor)
            connection.fate = .lingering
            connection.input = []
            setInterest(connection, .readable)
            setDeadline(connection, loop.now + limits.lingerTimeout)
        }
    }

    /// Reads on after the last answer, so that unread input does not make the kernel reset the connection.
    func discardInput(_ connection: Connection) {
        let count = inbox.receive(from: connection.descriptor)
        if count > 0 {
            counters.bytesIn += UInt64(count)
            connection.discarded += count
            if connection.discarded > limits.lingerBytes { close(connection) }
        } else if count == 0 || (clinux_errno() != EAGAIN && clinux_errno() != EINTR) {
            close(connection)
        }
    }

    /// Looks after a connection whose output has moved outside of its own input.
    private func proceed(_ connection: Connection) {
        if !connection.input.isEmpty, connection.mayHandle { queueResume(connection) }
        settle(connection)
    }

    private func queueResume(_ connection: Connection) {
        guard !connection.isQueued else { return }
        connection.isQueued = true
        resumable.append(connection)
        guard !isResumeScheduled else { return }
        isResumeScheduled = true
        loop.schedule(at: loop.now) { [self] in resumeAll() }
    }

    private func resumeAll() {
        isResumeScheduled = false
        let batch = resumable
        resumable = []
        together {
            for connection in batch { resume(connection) }
        }
    }
}
