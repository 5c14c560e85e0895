public import Base
public import EventLoop

// DESIGN
// One pipelined connection for one loop: replies pair with commands by order alone, so the first doubt ends it. A late
// reply, a protocol error or a lost socket fails all that was sent as `outcomeUnknown` and all that was not as
// `unreachable`, and a fresh socket begins. The client never queues while it is down: only the caller knows what a
// command is still worth later. Scripts are loaded before `ready`, since a pipelined EVALSHA has no fallback;
// a flushed script cache afterwards is healed by sending the source (`evaluate`).
// What was sent on a connection that was given up may still be in the network, and be carried out after all that comes
// on the next one. So the next one has the server kill it first, if it is the same process, and is ready only then.
// Deadlines cost no timer operation for each command: one timer checks the pipeline when the earliest known has passed.

/// A supervised, pipelined connection to the store. Belongs to its loop's thread.
public final class RedisConnection {
    /// Called each time the connection becomes usable; a new `runID` means that the server was restarted or replaced.
    public var onReady: ((ServerIdentity) -> Void)?
    /// Called when a usable connection ends, and when attempts fail for another reason than the one before.
    public var onDown: ((DownReason) -> Void)?
    /// Called with each error reply that does not end the connection, and the script that got it; nil where it was
    /// none.
    public var onRefusal: ((RedisErrorReply, RedisScript?) -> Void)?
    public private(set) var isReady = false
    /// The server of the present connection, or of the last one.
    public private(set) var identity: ServerIdentity?
    /// Why it is not ready; nil while it is, and before the first attempt has ended.
    public private(set) var downReason: DownReason?

    private let loop: EventLoop
    let endpoint: RedisEndpoint
    private let options: RedisOptions
    private let link: RedisLink
    private var scripts: LoadedScripts
    private var pipeline = Pipeline()
    private var handshake: Handshake?
    /// A connection that was ready once, and the server that it was one of: killed before the next one is ready.
    private var last: (server: ServerIdentity, connectionID: Int64)?
    private var connectionID: Int64?  // of the present one
    private var isKilling = false
    private var lastReceived: MonotonicInstant
    private var checkTimer: (timer: Token, time: MonotonicInstant)?

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
        self.scripts = LoadedScripts(scripts, constants: constants)
        lastReceived = loop.now
        link = RedisLink(loop: loop, endpoint: endpoint, options: options)
    }

    deinit { close() }

    /// Begins to connect, from the next turn on and for ever. Further calls do nothing.
    public func start() { link.start(for: self) }

    /// Ends the connection and stops trying; `onDown` is not called. What waits for replies fails in the next turn.
    public func close() {
        link.close()
        isReady = false
        handshake = nil
        cancelCheck()
        for (completion, failure) in pipeline.fail(sentBytes: link.sentBytes) { complete(completion, with: failure) }
    }

    /// Commands that wait for a reply.
    public var pendingCount: Int { pipeline.count }

    // MARK: Sending

    /// Takes the one command that `build` writes; it is sent at the end of this turn of the loop.
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

    /// Runs `script` with what `build` writes: first its `keyCount` keys, then the others, `argumentCount` in all.
    ///
    /// Where the store has forgotten the script (`SCRIPT FLUSH`), the same call is made once more as `EVAL`, which also
    /// loads it: the caller sees no failure, but this completion may come after those of later commands.
    /// Costs one copy of the encoded arguments. `script` must be one of those the connection was made with.
    public func evaluate(
        _ script: RedisScript, keyCount: Int, argumentCount: Int, deadline: TimeSpan? = nil,
        build: (inout CommandWriter) -> Void, completion: @escaping RedisCompletion
    ) {
        guard hasRoom else { return complete(completion, with: .unreachable) }
        let hash = scripts.hash(of: script)
        var evaluation = Evaluation(
            script: script, argumentCount: argumentCount + 1, arguments: scripts.takeBuffer())
        var start = 0
        let end = link.write { writer in
            writer.command(argumentCount: argumentCount + 3)
            writer.argument("EVALSHA")
            writer.argument(hash)
            start = writer.output.count
            writer.argument(keyCount)
            build(&writer)
        }
        link.copyOutput(from: start, into: &evaluation.arguments)
        expect(
            PendingCommand(completion: completion, deadline: expiry(deadline), end: end, evaluation: evaluation))
    }

    private var hasRoom: Bool {
        isReady && pipeline.count < options.mostPending && link.unsentBytes < options.mostUnsentBytes
    }

    private func expiry(_ deadline: TimeSpan?) -> MonotonicInstant { loop.now + (deadline ?? options.deadline) }

    private func expect(_ command: PendingCommand) {
        pipeline.append(command)
        scheduleCheck(at: command.deadline)
    }

    /// Calls `completion` in the coming turn.
    private func complete(_ completion: @escaping RedisCompletion, with failure: RedisFailure) {
        loop.schedule(after: .nanoseconds(1)) { completion(.failure(failure)) }
    }

    // MARK: Replies

    /// Hands the reply of `command` to its caller, unless it only demands that a script be loaded.
    private func finish(_ command: PendingCommand, _ reply: RedisValue) {
        switch reply {
        case .error(let error):
            if let evaluation = command.evaluation, error.code == "NOSCRIPT" { return sendWhole(command, evaluation) }
            command.completion(.failure(.refused(error)))
            apply(error, of: command)
        default:
            command.completion(.success(reply))
        }
        if let evaluation = command.evaluation { scripts.giveBack(evaluation.arguments) }
    }

    /// Sends the source along: the store cannot miss it, not even when its scripts are flushed again meanwhile.
    private func sendWhole(_ command: PendingCommand, _ evaluation: Evaluation) {
        let end = link.write { writer in
            writer.command(argumentCount: evaluation.argumentCount + 2)
            writer.argument("EVAL")
            writer.argument(scripts.source(of: evaluation.script))
            writer.encodedArguments(evaluation.arguments, count: evaluation.argumentCount)
        }
        expect(PendingCommand(completion: command.completion, deadline: command.deadline, end: end, evaluation: nil))
        scripts.giveBack(evaluation.arguments)
    }

    /// What an error reply means beside the command that got it, whose caller has it. The server may be none to stay
    /// with; then the next attempt follows an address that leads to another one by now.
    private func apply(_ error: RedisErrorReply, of command: borrowing PendingCommand) {
        if case .givesUp(let reason) = error.rule { return link.fail(reason) }
        if !command.mayBeRefused { onRefusal?(error, command.evaluation?.script) }
    }

    // MARK: Deadlines and liveness

    /// Checks again at `time`, and never later than it takes to notice silence: a deadline may lie far ahead.
    private func scheduleCheck(at time: MonotonicInstant) {
        let time = min(time, loop.now + options.keepAlive)
        if let checkTimer, checkTimer.time <= time { return }
        cancelCheck()
        checkTimer = (loop.schedule(at: time) { [weak self] in self?.check() }, time)
    }

    private func cancelCheck() {
        if let checkTimer { loop.cancel(checkTimer.timer) }
        checkTimer = nil
    }

    private func check() {
        checkTimer = nil
        guard isReady else { return }
        if let earliest = pipeline.earliestDeadline {
            return earliest <= loop.now ? link.fail(.silent) : scheduleCheck(at: earliest)
        }
        let nextPing = lastReceived + options.keepAlive
        guard nextPing <= loop.now else { return scheduleCheck(at: nextPing) }
        send(["PING"]) { _ in }
    }
}

extension RedisConnection: RedisLinkOwner {
    func linkOpened() {
        handshake = link.begin(Handshake(endpoint: endpoint, name: options.name, scripts: scripts.sources))
    }

    func linkReceived(_ reply: RedisValue) {
        guard handshake == nil else { return shakeHands(reply) }
        // Whatever the reply is: there may be no such connection any more, and rights may forbid it.
        if isKilling { return begin() }
        lastReceived = loop.now
        guard let command = pipeline.popAnswered(sentBytes: link.sentBytes) else {
            return link.fail(.protocolError("a reply that belongs to no command"))
        }
        finish(command, reply)
    }

    private func shakeHands(_ reply: RedisValue) {
        switch handshake?.handle(reply) {
        case .done(let identity, let hashes):
            connectionID = handshake?.connectionID
            handshake = nil
            scripts.loaded(as: hashes)
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
        precondition(pipeline.isEmpty, "no reply of an earlier connection is awaited")
        last = connectionID.map { (identity, $0) }
        link.markReady()
        isReady = true
        downReason = nil
        lastReceived = loop.now
        scheduleCheck(at: loop.now + options.keepAlive)
        onReady?(identity)
    }

    func linkDown(_ reason: DownReason) {
        let isNew = isReady || downReason != reason
        isReady = false
        isKilling = false
        handshake = nil
        downReason = reason
        cancelCheck()
        for (completion, failure) in pipeline.fail(sentBytes: link.sentBytes) { completion(.failure(failure)) }
        if isNew { onDown?(reason) }
    }
}
