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
        guard let connection = waiting(exchange) else { return false }
        response.clear()
        build(&response)
        let isInHandler = connection === handling
        let base = output.count
        finishExchange(connection)
        if isInHandler { return true }
        flush(connection, from: base)
        proceed(connection)
        return true
    }

    /// Gives an exchange up without an answer: its connection ends with a reset. For servers that rehearse failures.
    ///
    /// - Returns: false when the exchange was answered before or its connection has gone.
    @discardableResult
    public func reset(_ exchange: ExchangeID) -> Bool {
        guard let connection = waiting(exchange) else { return false }
        var option = linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout<linger>.size)
        _ = unsafe setsockopt(connection.descriptor, SOL_SOCKET, SO_LINGER, &option, size)
        close(connection)
        return true
    }

    private func finishExchange(_ connection: Connection) {
        connection.stage = .idle
        let keeps = connection.keepsAlive && !isDraining
        writeResponse(isHead: connection.answersHead, keepsAlive: keeps, isHTTP10: connection.isHTTP10)
        if !keeps { connection.fate = connection.keepsAlive || !connection.input.isEmpty ? .linger : .close }
    }

    private func writeResponse(isHead: Bool, keepsAlive: Bool, isHTTP10: Bool) {
        date.refresh(loop.wallNow)
        output.append(response, date: date.line, isHead: isHead, keepsAlive: keepsAlive, isHTTP10: isHTTP10)
    }

    /// Answers a request that no handler sees, and gives the connection up.
    func refuse(_ connection: Connection, _ refusal: Refusal, isHead: Bool) {
        counters.add(refusal)
        response.clear()
        response.writeProblem(refusal)
        writeResponse(isHead: isHead, keepsAlive: false, isHTTP10: false)
        connection.fate = .linger
        connection.stage = .idle
        connection.input = []
        connection.partial = nil
    }

    /// Sends what lies in the output buffer from `base` on, and keeps for the connection what the socket does not take.
    func flush(_ connection: Connection, from base: Int) {
        guard output.count > base else { return }
        let bytes = unsafe output.written(from: base)
        if connection.isClosed {
            output.truncate(to: base)
            return
        }
        var sent = 0
        if !connection.isBlocked {
            sent = unsafe clinux_send(connection.descriptor, bytes.baseAddress, bytes.count)
            if sent < 0 {
                guard clinux_errno() == EAGAIN || clinux_errno() == EINTR else {
                    output.truncate(to: base)
                    close(connection)
                    return
                }
                sent = 0
            }
            counters.bytesOut += UInt64(sent)
        }
        if sent < bytes.count { unsafe keepOutput(connection, UnsafeRawBufferPointer(rebasing: bytes[sent...])) }
        output.truncate(to: base)
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
        let count = readBuffer.receive(from: connection.descriptor)
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
        loop.schedule(at: loop.now) { [weak self] in self?.resumeAll() }
    }

    private func resumeAll() {
        isResumeScheduled = false
        let batch = resumable
        resumable = []
        for connection in batch { resume(connection) }
    }
}
