import Base
import CLinux
import EventLoop
import Glibc

extension HTTPServer {
    func ready(_ connection: Connection, _ readiness: Readiness) {
        guard !connection.isClosed else { return }
        if connection.fate == .lingering {
            discardInput(connection)
            return
        }
        if readiness.contains(.writable), connection.isBlocked {
            flushBlocked(connection)
            return
        }
        if readiness.contains(.readable) {
            read(connection)
        } else if !readiness.isDisjoint(with: .failed) {
            close(connection)
        }
    }

    private func read(_ connection: Connection) {
        guard connection.mayHandle, !connection.isQueued else {
            // Backpressure: what follows stays in the socket until the answer has left and the input at hand is used
            // up.
            setInterest(connection, connection.isBlocked ? .writable : [])
            return
        }
        let count = inbox.receive(from: connection.descriptor)
        if count > 0 {
            counters.bytesIn += UInt64(count)
            if inbox.pieces.isEmpty { loop.afterEventsOnce { [self] in takeAll() } }
            inbox.keep(count, for: connection)
            if inbox.isFull(at: Self.roundSize) { takeAll() }
        } else if count == 0 || (clinux_errno() != EAGAIN && clinux_errno() != EINTR) {
            close(connection)
        }
    }

    /// Goes on with all input that was received, and sends the answers that come at once.
    func takeAll() {
        together {
            if let handler {
                for piece in inbox.pieces {
                    piece.connection.use { unsafe take($0, inbox.bytes(of: piece), handler) }
                }
            }
            inbox.clear()
        }
    }

    private func take(_ connection: Connection, _ bytes: UnsafeRawBufferPointer, _ handler: any HTTPHandler) {
        if connection.input.isEmpty {
            let consumed = unsafe process(connection, bytes, handler)
            if consumed < bytes.count, keepsInput(connection) {
                unsafe connection.input = [UInt8](bytes[consumed...])
            }
        } else {
            unsafe connection.input.append(contentsOf: bytes)
            processInput(connection, handler)
        }
        settle(connection)
    }

    private func processInput(_ connection: Connection, _ handler: any HTTPHandler) {
        var input = connection.input
        connection.input = []
        let consumed = unsafe input.withUnsafeBytes { unsafe process(connection, $0, handler) }
        guard keepsInput(connection) else { return }
        if consumed > 0 { input = [UInt8](input[consumed...]) }
        connection.input = input
    }

    private func keepsInput(_ connection: Connection) -> Bool { !connection.isClosed && connection.fate == .keep }

    /// Hands whole requests to the handler while their answers come at once, and puts those answers into one piece.
    ///
    /// - Returns: the count of bytes that belong to finished requests.
    private func process(
        _ connection: Connection, _ bytes: UnsafeRawBufferPointer, _ handler: any HTTPHandler
    ) -> Int {
        precondition(handling == nil, "handlers must not be entered twice")
        guard connection.mayHandle else { return 0 }
        let held = HeldConnection(connection)
        handling = held
        defer {
            outbox.seal(for: held)
            handling = nil
        }
        var consumed = 0
        if let partial = connection.partial { swap(&parser, &partial.parser) }
        while consumed < bytes.count, connection.mayHandle {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[consumed...])
            switch unsafe parser.parse(rest.assumingMemoryBound(to: UInt8.self).span) {
            case .incomplete:
                awaitRest(of: connection)
                keepParser(for: connection)
                return consumed
            case .refused(let refusal):
                refuse(connection, refusal, isHead: parser.head.method == .head)
                parser.reset()
                consumed = bytes.count
            case .complete(let length):
                unsafe hand(connection, rest, handler)
                consumed += length
                if outbox.bytes.count > Self.flushSize {
                    outbox.seal(for: held)
                    sendAll()
                }
            }
        }
        return consumed
    }

    /// Lays what is understood so far aside, and takes a fresh parser.
    private func keepParser(for connection: Connection) {
        if let partial = connection.partial {
            swap(&parser, &partial.parser)
        } else {
            connection.partial = PartialRequest(parser)
            parser.reset()
        }
    }

    /// Begins the clock for the part of the request that is missing.
    private func awaitRest(of connection: Connection) {
        let isHeadComplete = parser.isHeadComplete
        if isHeadComplete, connection.stage != .body {
            connection.stage = .body
            setDeadline(connection, loop.now + limits.bodyTimeout)
            if parser.head.expectsContinue { outbox.bytes.append("HTTP/1.1 100 Continue\r\n\r\n") }
        } else if !isHeadComplete, connection.stage != .head {
            connection.stage = .head
            setDeadline(connection, loop.now + limits.headTimeout)
        }
    }

    private func hand(_ connection: Connection, _ bytes: UnsafeRawBufferPointer, _ handler: any HTTPHandler) {
        counters.requests += 1
        connection.stage = .answering
        connection.deadline = nil
        if connection.partial != nil { connection.partial = nil }
        connection.exchange &+= 1
        connection.kind = 0
        connection.readAt = loop.now
        connection.answersHead = parser.head.method == .head
        connection.keepsAlive = parser.head.keepsAlive
        connection.isHTTP10 = parser.head.isHTTP10
        let exchange = ExchangeID(connection: connection.id, number: connection.exchange)
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

    /// Goes on with the requests that came behind one whose answer has left.
    func resume(_ connection: Connection) {
        connection.isQueued = false
        if let handler, connection.mayHandle, !connection.input.isEmpty { processInput(connection, handler) }
        settle(connection)
    }

    /// Asks the kernel for what the connection needs next, after its input or output has moved.
    func settle(_ connection: Connection) {
        guard !connection.isClosed, connection.fate != .lingering, !connection.isQueued else { return }
        if connection.isBlocked {
            setInterest(connection, .writable)
        } else if connection.fate == .keep, connection.stage != .answering {
            if connection.input.isEmpty, connection.stage == .idle {
                setDeadline(connection, loop.now + limits.idleTimeout)
            }
            setInterest(connection, .readable)
        }
    }
}
