public import Base
public import EventLoop

// DESIGN
// One connection carries one statement at a time, so that a late answer can't be taken for another statement's: after
// its deadline the connection is given up with the statement's outcome unknown, and a new one begins. The answer to a
// statement holds only once the server is ready for the next one. Its rows and its "done" come before the commit, which
// may still fail, and the connection may be lost in between: then the outcome is unknown, whatever was read. By the
// same rule an error means that nothing was done only then. The session behind a connection may be another one after
// each transaction, where a pooler stands between. So nothing is set for a session, and no statement is prepared under
// a name: what a transaction needs goes with it. Attempts go on for ever with full jitter. The client queues nothing
// and retries nothing: only the caller knows what may be done twice.

/// A supervised connection to PostgreSQL. Belongs to its loop's thread.
public final class PostgresConnection {
    private enum Phase {
        case stopped, waiting, connecting, ready
    }

    private struct UnderWay {
        let completion: PostgresCompletion
        let timer: Token
        var answer: Result<PostgresRows, PostgresFailure>?
    }

    /// Called each time the connection becomes usable.
    public var onReady: (() -> Void)?
    /// Called when a usable connection ends, and when attempts fail for another reason than the one before.
    public var onDown: ((PostgresDown) -> Void)?
    /// Why it is not ready; nil while it is, and before the first attempt has ended.
    public private(set) var downReason: PostgresDown?

    private let loop: EventLoop
    private let options: PostgresOptions
    private var phase = Phase.stopped
    private var link: LibPQ?
    private var registration: (descriptor: Int32, token: Token)?
    private var timer: Token?  // of the next attempt, or of the deadline of this one
    private var backoff: Backoff
    private var readySince: MonotonicInstant?
    private var underWay: UnderWay?

    public init(loop: EventLoop, options: PostgresOptions) {
        self.loop = loop
        self.options = options
        backoff = Backoff(bounds: options.backoff, seed: options.seed)
    }

    deinit { tearDown() }

    // MARK: Life

    public var isReady: Bool { phase == .ready }
    /// Ready, and no statement under way.
    public var isIdle: Bool { phase == .ready && underWay == nil }
    /// An attempt is being made at this moment.
    public var isTrying: Bool { phase == .connecting }

    /// Begins to connect, from the next turn on and for ever. Further calls do nothing.
    public func start() {
        guard phase == .stopped else { return }
        schedule(after: .zero)
    }

    /// Ends the connection and stops trying; `onDown` is not called. A statement under way fails in the next turn.
    public func close() {
        phase = .stopped
        let ended = underWay
        underWay = nil
        if let ended {
            loop.cancel(ended.timer)
            complete(ended.completion, with: .outcomeUnknown)
        }
        tearDown()
    }

    private func schedule(after delay: TimeSpan) {
        phase = .waiting
        timer = loop.schedule(after: delay) { [weak self] in self?.connect() }
    }

    private func fail(_ reason: PostgresDown) {
        guard phase != .stopped, phase != .waiting else { return }
        let isNew = phase == .ready || downReason != reason
        // A server that fails right after it was ready must not be tried again without a pause.
        if let readySince, loop.now - readySince >= options.backoff.cap { backoff.reset() }
        tearDown()
        schedule(after: backoff.next())
        downReason = reason
        let ended = underWay
        underWay = nil
        if let ended {
            loop.cancel(ended.timer)
            ended.completion(.failure(.outcomeUnknown))
        }
        if isNew { onDown?(reason) }
    }

    private func tearDown() {
        if let timer { loop.cancel(timer) }
        timer = nil
        readySince = nil
        unwatch()  // before libpq closes the descriptor
        link = nil
    }

    // MARK: Connecting

    private func connect() {
        phase = .connecting
        timer = loop.schedule(after: options.connectDeadline) { [weak self] in
            self?.timer = nil
            self?.fail(.silent)
        }
        let link = LibPQ(url: options.url, name: options.name)
        self.link = link
        // libpq's rule: wait as if `connectFurther` had wanted output, before it is called for the first time.
        guard link.descriptor >= 0 else { return fail(Self.reason(link)) }
        watch(for: .writable)
    }

    private func connectFurther() {
        guard let link else { return }
        // libpq may close the descriptor and open another one of the same number.
        unwatch()
        switch link.connectFurther() {
        case .waitsForInput: watch(for: .readable)
        case .waitsForOutput: watch(for: .writable)
        case .connected:
            watch(for: .readable)
            beReady()
        case .failed: fail(Self.reason(link))
        }
    }

    private func beReady() {
        if let timer { loop.cancel(timer) }
        timer = nil
        phase = .ready
        readySince = loop.now
        downReason = nil
        onReady?()
    }

    private static func reason(_ link: LibPQ) -> PostgresDown {
        if let refusal = link.refusal { return .refused(refusal) }
        return .unconnected(link.errorMessage)
    }

    // MARK: Statements

    /// Sends a statement; `unreachable` unless `isIdle`.
    ///
    /// - Parameter deadline: for its end; nil: that of the options. When it passes, the connection is given up.
    /// - Parameter completion: called once, never before this call returns.
    public func send(
        _ statement: PostgresStatement, deadline: TimeSpan? = nil, completion: @escaping PostgresCompletion
    ) {
        guard isIdle, let link else { return complete(completion, with: .unreachable) }
        guard link.send(statement) else {
            complete(completion, with: .unreachable)
            return later { $0.fail(.lost(link.errorMessage)) }
        }
        let timer = loop.schedule(after: deadline ?? options.deadline) { [weak self] in self?.fail(.silent) }
        underWay = UnderWay(completion: completion, timer: timer)
        flush()
    }

    private func complete(_ completion: @escaping PostgresCompletion, with failure: PostgresFailure) {
        loop.schedule(after: .nanoseconds(1)) { completion(.failure(failure)) }
    }

    /// Does `action` in the coming turn, unless this connection has ended by then.
    private func later(_ action: @escaping (PostgresConnection) -> Void) {
        let link = self.link
        loop.schedule(after: .nanoseconds(1)) { [weak self] in
            guard let self, self.link === link else { return }
            action(self)
        }
    }

    private func flush() {
        guard let link else { return }
        switch link.flush() {
        case true?: watch(for: .readable)
        case false?: watch(for: [.readable, .writable])
        case nil: later { $0.fail(.lost(link.errorMessage)) }
        }
    }

    private func receive() {
        guard let link else { return }
        let isOpen = link.receive()
        // Also when it broke: an error that came before says why.
        while self.link === link {
            switch link.next() {
            case .waiting: return isOpen ? () : fail(.lost(link.errorMessage))
            case .rows(let rows): if case .failure? = underWay?.answer {} else { underWay?.answer = .success(rows) }
            case .refused(let refusal): refused(refusal)
            case .broken: return fail(.lost(link.errorMessage))
            case .ended:
                guard isOpen else { return fail(.lost(link.errorMessage)) }
                return ended()
            }
        }
    }

    private func refused(_ refusal: PostgresRefusal) {
        // Without a code it is an error of libpq, about its connection or memory: the statement may have been done.
        guard !refusal.code.isEmpty else { return fail(.lost(link?.errorMessage ?? refusal.message)) }
        underWay?.answer = .failure(.refused(refusal))
    }

    private func ended() {
        // A server may send something on an idle connection, too.
        guard let ended = underWay, let answer = ended.answer else { return }
        underWay = nil
        loop.cancel(ended.timer)
        ended.completion(answer)
    }

    // MARK: Readiness

    /// The handler that the loop retains, so that it does not retain the connection.
    private final class Watcher: ReadinessHandler {
        private weak var owner: PostgresConnection?
        init(_ owner: PostgresConnection) { self.owner = owner }
        func ready(_ readiness: Readiness) { owner?.ready(readiness) }
    }

    private func ready(_ readiness: Readiness) {
        guard phase != .connecting else { return connectFurther() }
        let link = self.link
        if !readiness.isDisjoint(with: [.readable, .failed]) { receive() }
        if self.link === link, readiness.contains(.writable) { flush() }
    }

    private func watch(for interest: Interest) {
        guard let descriptor = link?.descriptor, descriptor >= 0 else { return }
        if let registration {
            return loop.modify(registration.descriptor, token: registration.token, for: interest)
        }
        do {
            registration = (descriptor, try loop.register(descriptor, for: interest, handler: Watcher(self)))
        } catch {
            later { $0.fail(.unconnected(error.description)) }
        }
    }

    private func unwatch() {
        if let registration { loop.deregister(registration.descriptor, token: registration.token) }
        registration = nil
    }
}
