public import Base
public import EventLoop

// DESIGN
// One pipelined connection for one loop: replies pair with commands by order alone, so the first doubt ends it. A late
// reply, a protocol error or a lost socket fails all that was sent as `outcomeUnknown` and all that was not as
// `unreachable`, and a fresh socket begins. The client never queues while it is down: only the caller knows what a
// command is still worth later. Scripts are loaded before `ready`, since a pipelined EVALSHA has no fallback;
// a flushed script cache afterwards is healed here (RedisConnection+Evaluate).
// What was sent on a connection that was given up may still lie on the way and be carried out after all that comes on
// the next one. So the next one has the server kill it first, if it is the same process, and is ready only then.
// Deadlines cost no timer operation for each command: one timer looks at the pipeline when the earliest known is over.

/// A supervised, pipelined connection to the store. Belongs to its loop's thread.
public final class RedisConnection {
    /// Called each time the connection becomes usable; a new `runID` means that the server was restarted or replaced.
    public var onReady: ((ServerIdentity) -> Void)?
    /// Called when a usable connection ends, and when attempts fail for another reason than the one before.
    public var onDown: ((DownReason) -> Void)?
    /// Called with each error reply that leaves the connection as it is, and the script that got it; nil where it was
    /// none.
    public var onRefusal: ((RedisErrorReply, RedisScript?) -> Void)?
    public private(set) var isReady = false
    /// The server of the present connection, or of the last one.
    public private(set) var identity: ServerIdentity?
    /// Why it is not ready; nil while it is, and before the first attempt is over.
    public private(set) var downReason: DownReason?

    let endpoint: RedisEndpoint
    let options: RedisOptions
    let scripts: [RedisScript]
    let constants: [UInt8]
    let link: RedisLink
    var pipeline = Pipeline()
    var hashes: [[UInt8]] = []  // of `scripts`, in their order
    var spareBuffers: [[UInt8]] = []
    private let loop: EventLoop
    private var handshake: Handshake?
    /// A connection that was ready once, and the server that it was one of: killed before the next one is ready.
    private var last: (server: ServerIdentity, connectionID: Int64)?
    private var connectionID: Int64?  // of the present one
    private var isKilling = false
    private var lastReceived: MonotonicInstant
    private var watch: (timer: Token, time: MonotonicInstant)?

    /// - Parameters:
    ///   - scripts: all that `evaluate` will be called with; loaded before every `onReady`.
    ///   - constants: Lua of one line that is put in front of each, such as names that differ by connection.
    public init(
        loop: EventLoop, endpoint: RedisEndpoint, scripts: [RedisScript] = [], constants: String = "",
        options: RedisOptions = .init()
    ) {
        self.loop = loop
        self.endpoint = endpoint
        self.options = options
        self.scripts = scripts
        self.constants = constants.isEmpty ? [] : Array(constants.utf8) + [UInt8(ascii: "\n")]
        lastReceived = loop.now
        link = RedisLink(loop: loop, endpoint: endpoint, options: options)
        link.owner = self
    }

    deinit { close() }

    /// Begins to connect, from the next turn on and for ever. Repeats do nothing.
    public func start() { link.start() }

    /// Ends the connection and stops trying; `onDown` is not called. What waits for replies fails in the next turn.
    public func close() {
        link.close()
        isReady = false
        handshake = nil
        stopWatch()
        for (completion, failure) in pipeline.fail(sentBytes: link.sentBytes) { complete(completion, with: failure) }
    }

    /// Commands that wait for a reply.
    public var pendingCount: Int { pipeline.count }

    // MARK: Sending

    /// Sends the one command that `build` writes; it leaves at the end of this turn of the loop.
    ///
    /// - Parameter deadline: for the reply, from the beginning of this turn; nil: that of the options. When it passes,
    ///   the connection is given up with all that waits on it.
    /// - Parameter mayBeRefused: `onRefusal` is not called for a refusal.
    /// - Parameter completion: called once, never before this call returns, and in the order of commands. It may send.
    public func send(
        _ build: (inout CommandWriter) -> Void, deadline: TimeSpan? = nil, mayBeRefused: Bool = false,
        completion: @escaping RedisCompletion
    ) {
        guard hasRoom else { return complete(completion, with: .unreachable) }
        let end = link.write(build)
        expect(
            PendingCommand(
                completion: completion, deadline: expiry(deadline), end: end, mayBeRefused: mayBeRefused,
                evaluation: nil))
    }

    /// Sends a command of a few words; for control paths.
    public func send(
        _ words: [String], deadline: TimeSpan? = nil, mayBeRefused: Bool = false, completion: @escaping RedisCompletion
    ) {
        send({ $0.command(words) }, deadline: deadline, mayBeRefused: mayBeRefused, completion: completion)
    }

    /// What an error reply says beside the command that got it, which has been told. The server may be none to stay
    /// with; then the next attempt follows an address that leads to another one by now.
    func heed(_ error: RedisErrorReply, of command: borrowing PendingCommand) {
        if case .givesUp(let reason) = error.rule { return link.fail(reason) }
        if !command.mayBeRefused { onRefusal?(error, command.evaluation?.script) }
    }

    var hasRoom: Bool {
        isReady && pipeline.count < options.mostPending && link.unsentBytes < options.mostUnsentBytes
    }

    func expiry(_ deadline: TimeSpan?) -> MonotonicInstant { loop.now + (deadline ?? options.deadline) }

    func expect(_ command: PendingCommand) {
        pipeline.append(command)
        watch(until: command.deadline)
    }

    /// Calls `completion` in the coming turn.
    func complete(_ completion: @escaping RedisCompletion, with failure: RedisFailure) {
        loop.schedule(after: .nanoseconds(1)) { completion(.failure(failure)) }
    }

    // MARK: Deadlines and liveness

    /// Looks again at `time`, and never later than it takes to notice silence: a deadline may lie far ahead.
    private func watch(until time: MonotonicInstant) {
        let time = min(time, loop.now + options.keepAlive)
        if let watch, watch.time <= time { return }
        stopWatch()
        watch = (loop.schedule(at: time) { [weak self] in self?.look() }, time)
    }

    private func stopWatch() {
        if let watch { loop.cancel(watch.timer) }
        watch = nil
    }

    private func look() {
        watch = nil
        guard isReady else { return }
        if let earliest = pipeline.earliestDeadline {
            return earliest <= loop.now ? link.fail(.silent) : watch(until: earliest)
        }
        let nextPing = lastReceived + options.keepAlive
        guard nextPing <= loop.now else { return watch(until: nextPing) }
        send(["PING"]) { _ in }
    }
}

extension RedisConnection: RedisLinkOwner {
    func linkOpened() {
        let handshake = Handshake(
            endpoint: endpoint, name: options.name, scripts: scripts.map { $0.source(with: constants) })
        for command in handshake.commands {
            _ = link.write { writer in
                writer.command(argumentCount: command.count)
                for argument in command { writer.argument(argument) }
            }
        }
        self.handshake = handshake
    }

    func linkReceived(_ reply: RedisValue) {
        guard handshake == nil else { return shakeHands(reply) }
        // Whatever it says: there may be no such connection any more, and rights may forbid it.
        if isKilling { return begin() }
        lastReceived = loop.now
        guard let command = pipeline.popAnswered(sentBytes: link.sentBytes) else {
            return link.fail(.protocolError("a reply that belongs to no command"))
        }
        settle(command, reply)
    }

    private func shakeHands(_ reply: RedisValue) {
        switch handshake?.handle(reply) {
        case .done(let identity, let hashes):
            connectionID = handshake?.connectionID
            handshake = nil
            self.hashes = hashes
            self.identity = identity
            guard let last, last.server.runID == identity.runID else { return begin() }
            isKilling = true
            _ = link.write { $0.command(["CLIENT", "KILL", "ID", "\(last.connectionID)"]) }
        case .failed(let reason): link.fail(reason)
        case .waiting, nil: break
        }
    }

    private func begin() {
        isKilling = false
        guard let identity else { return }
        last = connectionID.map { (identity, $0) }
        link.markReady()
        isReady = true
        downReason = nil
        lastReceived = loop.now
        watch(until: loop.now + options.keepAlive)
        onReady?(identity)
    }

    func linkDown(_ reason: DownReason) {
        let isNew = isReady || downReason != reason
        isReady = false
        isKilling = false
        handshake = nil
        downReason = reason
        stopWatch()
        for (completion, failure) in pipeline.fail(sentBytes: link.sentBytes) { completion(.failure(failure)) }
        if isNew { onDown?(reason) }
    }
}
