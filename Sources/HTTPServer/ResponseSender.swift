import Base
import CLinux
import EventLoop
import Glibc

/// Puts responses together and sends them, those of a batch in a row.
final class ResponseSender {
    private static let flushSize = 32 * 1024

    private let loop: EventLoop
    private let limits: ServerLimits
    private let table: ConnectionTable
    private let resumable: ResumeQueue
    private var outbox = Outbox(capacity: 2 * ResponseSender.flushSize)
    private var response = Response()
    private var date = DateField()
    /// The connection whose requests are being handed out; its answers are sent after that.
    private var handling: HeldConnection?
    /// Within `together`: answers are sent at its end.
    private var isTogether = false
    /// The server drains: connections end with the answers that are given from now on.
    private var isDraining = false
    /// How long answers took.
    private(set) var times = RequestTimes()
    /// Bytes out, slow readers and refusals; table and reader count the others.
    private(set) var counters = ServerStatistics()

    init(loop: EventLoop, limits: ServerLimits, table: ConnectionTable, resumable: ResumeQueue) {
        self.loop = loop
        self.limits = limits
        self.table = table
        self.resumable = resumable
    }

    func drain() { isDraining = true }

    // MARK: Times

    func measureTimes() { times.measure() }

    func turnEnded() { if times.isWaiting { times.turnEnded(now: EventLoop.readMonotonicClock()) } }

    /// Gives the request that the handler has its kind.
    @inline(__always)
    func mark(_ kind: UInt8) { handling?.use { $0.mark(kind) } }

    // MARK: Handing out

    /// Requests of one connection are handed out from now on.
    func handlingBegins(_ connection: HeldConnection) {
        precondition(handling == nil, "handlers must not be entered twice")
        handling = connection
        table.hold(.output)
    }

    func handlingEnded(_ connection: HeldConnection) {
        seal(connection)
        handling = nil
    }

    /// Sends what lies in the outbox, if that is much.
    func flushIfLarge(_ connection: HeldConnection) {
        guard outbox.count > Self.flushSize else { return }
        seal(connection)
        sendAll()
    }

    private func seal(_ connection: HeldConnection) {
        guard !outbox.isSealed else { return }
        outbox.seal(for: connection)
        table.hold(.output)
    }

    // MARK: Answers

    /// See `HTTPServer.respond`.
    func respond(to exchange: ExchangeID, _ build: (inout Response) -> Void) -> Bool {
        if let handling, handling.use({ $0.awaits(exchange) }) {
            response.clear()
            build(&response)
            handling.use { finish($0) }
            return true
        }
        guard let connection = table.waiting(exchange) else { return false }
        response.clear()
        build(&response)
        if let handling { seal(handling) }
        connection.use { finish($0) }
        hold(connection)
        return true
    }

    private func finish(_ connection: Connection) {
        times.answered(kind: connection.kind, status: response.status, start: connection.readAt)
        let isKept = connection.answered(mayBeKept: !isDraining)
        write(isHead: connection.answersHead, keepsAlive: isKept, isHTTP10: connection.isHTTP10)
    }

    /// See `HTTPServer.stream`.
    func stream(
        to exchange: ExchangeID, onDrained: (() -> Void)?, _ build: (inout Response) -> Void
    ) -> Bool {
        guard let connection = table.waiting(exchange) else { return false }
        if connection.use({ $0.answersHead }) {
            _ = respond(to: exchange, build)
            return false
        }
        response.clear()
        build(&response)
        date.refresh(loop.wallNow)
        if let handling { seal(handling) }
        connection.use { connection in
            times.answered(kind: connection.kind, status: response.status, start: connection.readAt)
            let isKept = connection.streamBegan(mayBeKept: !isDraining, onDrained: onDrained)
            outbox.appendHead(response, date: date.line, keepsAlive: isKept, isHTTP10: connection.isHTTP10)
            outbox.appendPart(response.body, isLast: false, isHTTP10: connection.isHTTP10)
        }
        hold(connection)
        return true
    }

    /// See `HTTPServer.streamEvents`.
    func streamEvents(to exchange: ExchangeID, _ build: (inout Response) -> Void) -> Bool {
        guard let connection = table.waiting(exchange) else { return false }
        _ = connection.use { clinux_set_send_buffer($0.descriptor, Int32(limits.eventBacklogBytes)) }
        return stream(to: exchange, onDrained: nil, build)
    }

    /// See `HTTPServer.sendPart`.
    func sendPart(
        of exchange: ExchangeID, isLast: Bool, _ build: (inout ByteBuffer) -> Void
    ) -> HTTPServer.StreamProgress {
        guard let connection = table.streaming(exchange) else { return .gone }
        response.clear()
        build(&response.body)
        if let handling { seal(handling) }
        connection.use { connection in
            outbox.appendPart(response.body, isLast: isLast, isHTTP10: connection.isHTTP10)
            if isLast { _ = connection.answered(mayBeKept: !isDraining) }
        }
        hold(connection)
        if isLast { return .sent }
        guard let connection = table.streaming(exchange) else { return .gone }
        return connection.use { $0.isBlocked } ? .blocked : .sent
    }

    /// Sends what was appended for a connection, or keeps it until the end of the batch.
    private func hold(_ connection: HeldConnection) {
        seal(connection)
        connection.use { proceed($0) }
        if !isTogether { sendAll() }
    }

    private func write(isHead: Bool, keepsAlive: Bool, isHTTP10: Bool) {
        date.refresh(loop.wallNow)
        outbox.append(response, date: date.line, isHead: isHead, keepsAlive: keepsAlive, isHTTP10: isHTTP10)
    }

    /// The client may send the body of the request that is being read.
    func writeContinue() { outbox.appendContinue() }

    /// Refuses a request that no handler sees, and ends the connection.
    func refuse(_ connection: Connection, _ refusal: Refusal, isHead: Bool) {
        counters.add(refusal)
        response.clear()
        response.writeProblem(refusal)
        times.refused(status: response.status)
        write(isHead: isHead, keepsAlive: false, isHTTP10: false)
        connection.requestRefused()
    }

    /// The same outside of a batch: the refusal is sent at once.
    func refuseNow(_ connection: Connection, _ refusal: Refusal, isHead: Bool) {
        refuse(connection, refusal, isHead: isHead)
        seal(HeldConnection(connection))
        sendAll()
    }

    // MARK: Sending

    /// See `HTTPServer.together`.
    func together(_ body: () -> Void) {
        guard !isTogether else { return body() }
        isTogether = true
        body()
        isTogether = false
        sendAll()
    }

    /// Sends all pieces of the outbox, in order.
    private func sendAll() {
        var start = 0
        for piece in outbox.pieces {
            piece.connection.use { send($0, start..<piece.end) }
            start = piece.end
        }
        outbox.clear()
        table.release(.output)
    }

    /// Sends a piece of the outbox, and keeps for the connection what the socket does not take.
    private func send(_ connection: Connection, _ place: Range<Int>) {
        guard connection.state != .closed else { return }
        let bytes = unsafe outbox.bytes(of: place)
        var sent = 0
        if !connection.isBlocked {
            sent = unsafe clinux_send(connection.descriptor, bytes.baseAddress, bytes.count)
            if sent < 0 {
                guard clinux_errno() == EAGAIN || clinux_errno() == EINTR else { return table.close(connection) }
                sent = 0
            }
            counters.bytesOut += UInt64(sent)
        }
        if sent < bytes.count { unsafe keepOutput(connection, UnsafeRawBufferPointer(rebasing: bytes[sent...])) }
        if !connection.isBlocked { conclude(connection) }
    }

    private func keepOutput(_ connection: Connection, _ bytes: UnsafeRawBufferPointer) {
        let (wasBlocked, isEventStream) = (connection.isBlocked, connection.isEventStream)
        let limit = isEventStream ? limits.eventBacklogBytes : limits.outputBytes
        guard unsafe connection.keepOutput(bytes, limit: limit) else { return closeSlow(connection) }
        if !wasBlocked {
            let timeout = isEventStream ? limits.eventTimeout : limits.writeTimeout
            connection.setDeadline(loop.now + timeout, loop)
        }
        connection.wait(for: .writable, loop)
    }

    func closeSlow(_ connection: Connection) {
        counters.slowReaders += 1
        table.close(connection)
    }

    /// Sends what was kept, now that the socket takes more.
    func flush(_ connection: Connection) {
        let sent = unsafe connection.sendOutput { unsafe clinux_send(connection.descriptor, $0.baseAddress, $0.count) }
        guard sent >= 0 else {
            if clinux_errno() != EAGAIN && clinux_errno() != EINTR { table.close(connection) }
            return
        }
        counters.bytesOut += UInt64(sent)
        guard !connection.isBlocked else { return }
        conclude(connection)
        proceed(connection)
        connection.takesMore()?()
    }

    /// All output of a connection was sent: the connection goes on, or ends.
    func conclude(_ connection: Connection) {
        switch connection.outputWasSent() {
        case .goOn: break
        case .close: table.close(connection)
        case .linger:
            _ = clinux_shutdown_write(connection.descriptor)
            connection.wait(for: .readable, loop)
            connection.setDeadline(loop.now + limits.lingerTimeout, loop)
        }
    }

    /// Goes on with a connection whose output was sent outside of its own input.
    private func proceed(_ connection: Connection) {
        if !connection.input.isEmpty, connection.mayRead { resumable.add(connection) }
        connection.awaitNext(loop, idleTimeout: limits.idleTimeout)
    }
}
