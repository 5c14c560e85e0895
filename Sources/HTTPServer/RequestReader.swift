import Base
import CLinux
import EventLoop
import Glibc

/// Receives the input of connections in batches, parses it, and hands whole requests to the handler.
final class RequestReader {
    static let readSize = 16 * 1024
    /// The connections of a batch: so few that their input and answers stay in the nearest cache.
    static let batchSize = 32

    private let loop: EventLoop
    private let limits: ServerLimits
    private let table: ConnectionTable
    private let sender: ResponseSender
    private var handler: (any HTTPHandler)?
    private var inbox = Inbox(share: RequestReader.readSize)
    /// Of the request being read; fresh between requests. A request that arrived in part lies with its connection.
    private var parser: RequestParser
    private(set) var requests: UInt64 = 0
    private(set) var bytesIn: UInt64 = 0

    init(
        loop: EventLoop, limits: ServerLimits, table: ConnectionTable, sender: ResponseSender,
        handler: any HTTPHandler
    ) {
        self.loop = loop
        self.limits = limits
        self.table = table
        self.sender = sender
        self.handler = handler
        parser = RequestParser(limits: limits.request)
    }

    /// Hands out no more requests.
    func close() { handler = nil }

    // MARK: Events

    func ready(_ connection: Connection, _ readiness: Readiness) {
        let state = connection.state
        let reaction = state.ready(
            readiness, isBlocked: connection.isBlocked, isQueued: connection.isQueued,
            isWatched: connection.watcher != nil)
        switch reaction {
        case .none: break
        case .receive: receive(from: connection)
        case .holdBack: connection.wait(for: connection.isBlocked ? .writable : [], loop)
        case .flush: sender.flush(connection)
        case .discard: discard(from: connection)
        case .lookForEnd: lookForEnd(of: connection)
        case .close: table.close(connection)
        }
    }

    /// Input came on a connection whose answer is long in coming. A client that sent its next request is served later,
    /// and its leaving noticed at the next part of the answer.
    private func lookForEnd(of connection: Connection) {
        let count = clinux_peek(connection.descriptor)
        if count > 0 { return connection.wait(for: [], loop) }
        if count == 0 || (clinux_errno() != EAGAIN && clinux_errno() != EINTR) { table.close(connection) }
    }

    private func receive(from connection: Connection) {
        guard let count = receiveSome(from: connection) else { return }
        if inbox.pieces.isEmpty {
            table.hold(.input)
            loop.afterEventsOnce { [self] in takeAll() }
        }
        inbox.keep(count, for: connection)
        if inbox.isFull(at: Self.batchSize) { takeAll() }
    }

    /// Reads on after the last answer, so that unread input does not make the kernel reset the connection.
    private func discard(from connection: Connection) {
        guard let count = receiveSome(from: connection) else { return }
        if connection.discard(count) > limits.lingerBytes { table.close(connection) }
    }

    /// Receives into the inbox; nil where there was nothing, or the connection has ended.
    @inline(__always)
    private func receiveSome(from connection: Connection) -> Int? {
        let count = inbox.receive(from: connection.descriptor)
        if count > 0 {
            bytesIn += UInt64(count)
            return count
        }
        if count == 0 || (clinux_errno() != EAGAIN && clinux_errno() != EINTR) { table.close(connection) }
        return nil
    }

    /// The deadline of a connection has passed.
    func expired(_ connection: Connection) {
        switch connection.state.expired(isBlocked: connection.isBlocked) {
        case .close: table.close(connection)
        case .closeSlowReader: sender.closeSlow(connection)
        case .refuse: sender.refuseNow(connection, .requestTimeout, isHead: connection.isPartOfHead)
        }
    }

    /// Goes on with the requests that were received behind one whose answer was sent.
    func resume(_ connections: [Connection]) {
        sender.together {
            for connection in connections {
                if let handler, connection.mayRead, !connection.input.isEmpty { processInput(connection, handler) }
                awaitNext(connection)
            }
        }
    }

    /// Ends an idle connection, unless a request lies in its socket or the connection is so new that its first request
    /// is probably under way.
    func drain(_ connection: Connection) {
        guard connection.state == .idle, connection.input.isEmpty else { return }
        guard connection.hasHadRequests else {
            return connection.setDeadline(loop.now + limits.drainGrace, loop)
        }
        ready(connection, .readable)
        takeAll()
        guard connection.state == .idle, !connection.isBlocked else { return }
        connection.drained()
        sender.conclude(connection)
    }

    // MARK: An input batch

    /// Handles all input that was received, and sends the answers that are given at once.
    private func takeAll() {
        sender.together {
            if let handler {
                for piece in inbox.pieces {
                    piece.connection.use { unsafe take($0, inbox.bytes(of: piece), handler) }
                }
            }
            inbox.clear()
            table.release(.input)
        }
    }

    private func take(_ connection: Connection, _ bytes: UnsafeRawBufferPointer, _ handler: any HTTPHandler) {
        if connection.input.isEmpty {
            let consumed = unsafe process(connection, bytes, handler)
            if consumed < bytes.count, connection.keepsInput {
                unsafe connection.keepInput([UInt8](bytes[consumed...]))
            }
        } else {
            unsafe connection.appendInput(bytes)
            processInput(connection, handler)
        }
        awaitNext(connection)
    }

    private func awaitNext(_ connection: Connection) { connection.awaitNext(loop, idleTimeout: limits.idleTimeout) }

    private func processInput(_ connection: Connection, _ handler: any HTTPHandler) {
        let input = connection.takeInput()
        let consumed = unsafe input.withUnsafeBytes { unsafe process(connection, $0, handler) }
        guard connection.keepsInput else { return }
        connection.keepInput(consumed > 0 ? [UInt8](input[consumed...]) : input)
    }

    /// Hands whole requests to the handler while their answers are given at once, and puts those answers into one
    /// piece.
    ///
    /// - Returns: the count of bytes that belong to finished requests.
    private func process(
        _ connection: Connection, _ bytes: UnsafeRawBufferPointer, _ handler: any HTTPHandler
    ) -> Int {
        guard connection.mayRead else { return 0 }
        let held = HeldConnection(connection)
        sender.handlingBegins(held)
        let consumed = unsafe handOut(connection, held, bytes, handler)
        sender.handlingEnded(held)
        return consumed
    }

    @inline(__always)
    private func handOut(
        _ connection: Connection, _ held: HeldConnection, _ bytes: UnsafeRawBufferPointer, _ handler: any HTTPHandler
    ) -> Int {
        var consumed = 0
        connection.takeParser(&parser)
        while consumed < bytes.count, connection.mayRead {
            let unread = unsafe UnsafeRawBufferPointer(rebasing: bytes[consumed...])
            switch unsafe parser.parse(unread.assumingMemoryBound(to: UInt8.self).span) {
            case .incomplete:
                startClock(of: connection)
                connection.keepParser(&parser)
                return consumed
            case .refused(let refusal):
                sender.refuse(connection, refusal, isHead: parser.head.method == .head)
                parser.reset()
                consumed = bytes.count
            case .complete(let length):
                unsafe hand(connection, unread, handler)
                consumed += length
                sender.flushIfLarge(held)
            }
        }
        return consumed
    }

    /// Sets the deadline of the part of the request that is missing.
    private func startClock(of connection: Connection) {
        switch connection.requestIncomplete(isHeadComplete: parser.isHeadComplete) {
        case nil: break
        case .head: connection.setDeadline(loop.now + limits.headTimeout, loop)
        case .body:
            connection.setDeadline(loop.now + limits.bodyTimeout, loop)
            if parser.head.expectsContinue { sender.writeContinue() }
        }
    }

    private func hand(_ connection: Connection, _ bytes: UnsafeRawBufferPointer, _ handler: any HTTPHandler) {
        requests += 1
        let exchange = connection.requestArrived(
            at: loop.now, isHead: parser.head.method == .head, keepsAlive: parser.head.keepsAlive,
            isHTTP10: parser.head.isHTTP10)
        if let range = parser.bodyRange {
            let body = unsafe UnsafeRawBufferPointer(rebasing: bytes[range])
            unsafe handler.handle(Request(head: parser.head, bytes: bytes, body: body), exchange: exchange)
        } else {
            unsafe parser.chunkedBytes.withUnsafeBytes {
                unsafe handler.handle(Request(head: parser.head, bytes: bytes, body: $0), exchange: exchange)
            }
        }
        parser.reset()
    }
}
