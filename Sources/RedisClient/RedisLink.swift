import Base
import CLinux
import EventLoop
import Glibc

/// Uses a link. Calls come on the loop's thread, from readiness or timers, never from inside a call to the link.
protocol RedisLinkOwner: AnyObject {
    /// Connected; the owner writes what comes first and calls `markReady` when it is content with the answers.
    func linkOpened()
    func linkReceived(_ reply: RedisValue)
    /// The connection, or the attempt at one, has ended; the link keeps `sentBytes` of it and goes on trying.
    func linkDown(_ reason: DownReason)
}

// DESIGN
// A link is bytes and time: one socket after another, for ever, to one endpoint. It knows no command; its owner pairs
// replies with commands. Output collects in one buffer and is sent at once at the end of the loop's turn.
// No reply reaches the owner once a connection is given up: `generation` changes, and the reading loop checks it.

/// A supervised connection: connects, writes, reads replies, and after any failure connects again with full jitter.
final class RedisLink: ReadinessHandler {
    private enum Phase {
        case stopped, waiting, connecting, open
    }

    private weak var owner: (any RedisLinkOwner)?
    private let loop: EventLoop
    private let endpoint: RedisEndpoint
    private let options: RedisOptions
    private var phase = Phase.stopped
    private var generation = 0
    private var descriptor: Int32 = -1
    private var registration: Token?
    private var timer: Token?  // of the next attempt, or of the deadline of this one
    private var backoff: Backoff
    private var readySince: MonotonicInstant?

    private var writer = CommandWriter()
    private var sentCount = 0  // bytes at the front of the writer's output that are sent
    private(set) var sentBytes: UInt64 = 0  // on this connection, or on the last one while there is none
    private var isFlushScheduled = false
    private var waitsForRoom = false

    private var decoder: ReplyDecoder
    private var input = [UInt8](repeating: 0, count: 16 * 1024)
    private static let mostReadsATurn = 64

    init(loop: EventLoop, endpoint: RedisEndpoint, options: RedisOptions) {
        self.loop = loop
        self.endpoint = endpoint
        self.options = options
        backoff = Backoff(bounds: options.backoff, seed: options.seed)
        decoder = ReplyDecoder(mostReplyBytes: options.mostReplyBytes)
    }

    // MARK: Life

    /// Begins to connect, in the next turn; nothing when begun already.
    func start(for owner: any RedisLinkOwner) {
        guard phase == .stopped else { return }
        self.owner = owner
        schedule(after: .zero)
    }

    /// Ends everything without a call to the owner.
    func close() {
        tearDown()
        phase = .stopped
    }

    /// Gives this connection up for `reason` and tries again later.
    func fail(_ reason: DownReason) {
        guard phase == .connecting || phase == .open else { return }
        // A store that fails right after it was ready must not be tried again without a pause.
        if let readySince, loop.now - readySince >= options.backoff.cap { backoff.reset() }
        tearDown()
        schedule(after: backoff.next())
        owner?.linkDown(reason)
    }

    /// The owner is content: ends the deadline of the attempt.
    func markReady() {
        cancelTimer()
        if readySince == nil { readySince = loop.now }
    }

    private func schedule(after delay: TimeSpan) {
        phase = .waiting
        timer = loop.schedule(after: delay) { [weak self] in self?.connect() }
    }

    private func cancelTimer() {
        if let timer { loop.cancel(timer) }
        timer = nil
    }

    private func tearDown() {
        cancelTimer()
        generation += 1
        readySince = nil
        guard descriptor >= 0 else { return }
        if let registration { loop.deregister(descriptor, token: registration) }
        Glibc.close(descriptor)
        descriptor = -1
        registration = nil
    }

    // MARK: Connecting

    private func connect() {
        timer = nil
        writer.clear()
        sentCount = 0
        sentBytes = 0
        waitsForRoom = false
        decoder = ReplyDecoder(mostReplyBytes: options.mostReplyBytes)
        phase = .connecting
        switch openSocket() {
        case .failure(let reason): fail(reason)
        case .success(let socket):
            descriptor = socket
            do {
                registration = try loop.register(socket, for: [.readable, .writable], handler: self)
                timer = loop.schedule(after: options.connectDeadline) { [weak self] in self?.attemptTimedOut() }
            } catch {
                fail(.unconnected(error.description))
            }
        }
    }

    private func attemptTimedOut() {
        timer = nil
        fail(.silent)
    }

    private func openSocket() -> Result<Int32, DownReason> {
        let socket: Int32
        switch endpoint.address {
        case .unix(let path):
            socket = unsafe path.withCString { unsafe clinux_connect_unix($0) }
        case .tcp(let host, let port):
            guard let address = HostAddress.numeric(of: host) else { return .failure(.unresolved(host: host)) }
            socket = unsafe address.withCString { unsafe clinux_connect_tcp($0, port) }
        }
        return socket >= 0 ? .success(socket) : .failure(.unconnected(SystemError(call: "connect").description))
    }

    private func connected() {
        let error = clinux_socket_error(descriptor)
        guard error == 0 else {
            return unsafe fail(.unconnected("connect: \(String(cString: strerror(error)))"))
        }
        phase = .open
        if let registration { loop.modify(descriptor, token: registration, for: .readable) }
        owner?.linkOpened()
    }

    // MARK: Output

    /// Bytes that the kernel has not taken.
    var unsentBytes: Int { writer.output.count - sentCount }

    /// Appends what `build` writes, which is sent at the end of this turn; for the time between `linkOpened` and
    /// `linkDown`.
    ///
    /// - Returns: the end of it, comparable with `sentBytes`.
    func write(_ build: (inout CommandWriter) -> Void) -> UInt64 {
        precondition(phase == .open, "nothing can be written to a link that is down")
        build(&writer)
        precondition(writer.isComplete, "fewer arguments than the command announced")
        scheduleFlush()
        return sentBytes + UInt64(unsentBytes)
    }

    /// Sends what begins a connection.
    func begin(_ handshake: Handshake) -> Handshake {
        for command in handshake.commands {
            _ = write { writer in
                writer.command(argumentCount: command.count)
                for argument in command { writer.argument(argument) }
            }
        }
        return handshake
    }

    /// What was appended since the output was `start` bytes long, which must have been in this very turn.
    func copyOutput(from start: Int, into copy: inout [UInt8]) {
        unsafe copy.append(contentsOf: writer.output.written(from: start))
    }

    private func scheduleFlush() {
        guard !isFlushScheduled, !waitsForRoom else { return }
        isFlushScheduled = true
        loop.beforeSleepOnce { [weak self] in
            self?.isFlushScheduled = false
            self?.flush()
        }
    }

    private func flush() {
        guard phase == .open, unsentBytes > 0 else { return }
        let bytes = unsafe writer.output.written(from: sentCount)
        let count = unsafe clinux_send(descriptor, bytes.baseAddress, bytes.count)
        if count < 0 {
            let error = clinux_errno()
            guard error == EAGAIN || error == EINTR else { return breakDown(SystemError(call: "send")) }
        } else {
            advance(by: count)
        }
        guard waitsForRoom != (unsentBytes > 0) else { return }
        waitsForRoom = unsentBytes > 0
        if let registration {
            loop.modify(descriptor, token: registration, for: waitsForRoom ? [.readable, .writable] : .readable)
        }
    }

    private func advance(by count: Int) {
        assert(count <= unsentBytes, "more was sent than was written")
        sentCount += count
        sentBytes += UInt64(count)
        if unsentBytes == 0 {
            writer.clear()
            sentCount = 0
        } else if sentCount > writer.output.count / 2 {  // so that each byte moves at most once on average
            writer.removeFirst(sentCount)
            sentCount = 0
        }
    }

    /// A send failed. Replies that came before may still be read, and the owner is notified in a turn of its own.
    private func breakDown(_ error: SystemError) {
        let broken = generation
        loop.schedule(after: .nanoseconds(1)) { [weak self] in
            guard let self, generation == broken else { return }
            receive()
            if generation == broken { fail(.lost(error.description)) }
        }
    }

    // MARK: Input

    func ready(_ readiness: Readiness) {
        if phase == .connecting { return connected() }
        let current = generation
        if !readiness.isDisjoint(with: [.readable, .failed]) { receive() }
        if generation == current, readiness.contains(.writable) { flush() }
    }

    private func receive() {
        let current = generation
        for _ in 0..<Self.mostReadsATurn {
            let count = unsafe input.withUnsafeMutableBytes { bytes in
                unsafe clinux_receive(descriptor, bytes.baseAddress, bytes.count)
            }
            guard count > 0 else {
                if count == 0 { return fail(.lost("closed by the store")) }
                let error = clinux_errno()
                return error == EAGAIN || error == EINTR ? () : fail(.lost(SystemError(call: "recv").description))
            }
            unsafe input.withUnsafeBufferPointer { unsafe decoder.feed($0.extracting(0..<count).span) }
            deliver()
            guard generation == current, count == input.count else { return }
        }
    }

    private func deliver() {
        guard let owner else { return }
        let current = generation
        do throws(ProtocolError) {
            while generation == current, let reply = try decoder.next() { owner.linkReceived(reply) }
        } catch {
            fail(.protocolError(error.description))
        }
    }
}
