/// What became of a request that got no answer.
public enum Loss: Error, Equatable, Sendable {
    /// The server was not reached; nothing was sent.
    case notConnected
    /// The connection ended, or the time was up: the server may have done what was asked.
    case unanswered
    /// What came was no answer this client takes; the server may have done what was asked.
    case malformed(String)
}

/// One keep-alive connection with at most one request on it. Connects when first needed, and again when it was closed.
final class Connection: ReadinessHandler {
    private enum State { case closed, connecting, idle, busy }

    private let endpoint: Endpoint
    private let poller: Poller
    private let finished: (Connection, Result<Response, Loss>) -> Void
    private var state = State.closed
    private var socket: Socket?
    private var parser = ResponseParser()
    private var incoming = [UInt8](repeating: 0, count: 16 * 1_024)
    private var outgoing: [UInt8] = []
    private var sent = 0
    private var isWatchingWrites = false

    /// When the request under way was handed over, nil when there is none.
    private(set) var since: Nanoseconds?
    /// The caller's own mark on the request under way.
    private(set) var tag: UInt64 = 0

    init(
        to endpoint: Endpoint, on poller: Poller, finished: @escaping (Connection, Result<Response, Loss>) -> Void
    ) {
        self.endpoint = endpoint
        self.poller = poller
        self.finished = finished
    }

    /// Sends what `write` writes. `finished` is called once, in a later turn or, when no socket can be had, at once.
    func send(tag: UInt64, write: (inout [UInt8]) -> Void) {
        precondition(since == nil, "one request at a time")
        self.tag = tag
        since = poller.now
        outgoing.removeAll(keepingCapacity: true)
        sent = 0
        write(&outgoing)
        if state == .idle {
            state = .busy
            flush()
        } else {
            connect()
        }
    }

    /// Ends the connection and what is under way on it.
    func end(_ loss: Loss) {
        let wasBusy = since != nil
        if let socket {
            poller.forget(socket.descriptor)
            socket.end()
        }
        socket = nil
        state = .closed
        parser = ResponseParser()
        since = nil
        if wasBusy { finished(self, .failure(loss)) }
    }

    func ready(canRead: Bool, canWrite: Bool) {
        if state == .connecting {
            guard let socket, socket.isConnected else { return end(.notConnected) }
            guard canWrite else { return }
            state = .busy
        }
        if canWrite, state == .busy { flush() }
        if canRead { read() }
    }

    private func connect() {
        do throws(SystemError) {
            let socket = try Socket(to: endpoint)
            self.socket = socket
            state = .connecting
            isWatchingWrites = true
            try poller.watch(socket.descriptor, writing: true, self)
        } catch {
            end(.notConnected)
        }
    }

    private func flush() {
        guard let socket else { return }
        while sent < outgoing.count {
            switch socket.send(outgoing[sent...]) {
            case .moved(let count): sent += count
            case .wouldBlock: return watchWrites(true, socket)
            case .ended: return end(.unanswered)
            }
        }
        watchWrites(false, socket)
    }

    private func watchWrites(_ wanted: Bool, _ socket: Socket) {
        guard wanted != isWatchingWrites else { return }
        isWatchingWrites = wanted
        poller.change(socket.descriptor, writing: wanted)
    }

    private func read() {
        // One read a turn: the poller is level-triggered, and what follows may have put another socket here.
        switch socket?.receive(into: &incoming) {
        case nil, .wouldBlock: return
        case .ended: end(.unanswered)
        case .moved(let count):
            parser.receive(incoming[..<count])
            deliver()
        }
    }

    private func deliver() {
        do throws(MalformedResponse) {
            guard let response = try parser.next() else { return }
            guard since != nil, !parser.holdsBytes else { throw MalformedResponse("an answer nobody asked for") }
            since = nil
            state = .idle
            if response.isLast { end(.unanswered) }
            finished(self, .success(response))
        } catch {
            end(.malformed(error.description))
        }
    }
}
