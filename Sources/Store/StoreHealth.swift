public import Base
import Domain
import EventLoop
import RedisClient

/// Follows whether the store carries calls out; `docs/operations.md` has the table. Belongs to its loop's thread.
final class StoreHealth {
    var onImpaired: ((Impairment) -> Void)?
    var onRestored: ((Impairment, TimeSpan) -> Void)?
    var onWork: (() -> Void)?
    var onProbed: ((String?) -> Void)?

    private let loop: EventLoop
    private let connection: RedisConnection
    private var impairments = Impairments()
    private var hasProbed = false
    private var timer: Token?

    init(loop: EventLoop, connection: RedisConnection) {
        self.loop = loop
        self.connection = connection
        connection.onRefusal = { [unowned self] error, script in refused(error, script) }
    }

    var current: [Impairment] { impairments.current }
    var takesReads: Bool { connection.isReady && !current.contains(where: \.stopsReads) }
    var takesWork: Bool { connection.isReady && hasProbed && !current.contains(where: \.stopsWork) }

    /// Probes at once, and every `Limits.storeProbe` from then on, whether writes would be accepted.
    func probeRegularly() {
        stop()
        timer = loop.schedule(after: Limits.storeProbe) { [weak self] in self?.probeRegularly() }
        guard connection.isReady else { return }
        connection.evaluate(
            Scripts.probe, keyCount: 1, argumentCount: 1, build: { $0.argument(ControlKeys.life) },
            completion: { [weak self] result in
                guard let self else { return }
                switch result {
                case .success(let value):
                    probed(refusedFor: nil)
                    onProbed?(ScriptReply(value)?.bytes(1).map { String(decoding: $0, as: UTF8.self) })
                case .failure(.refused(let error)):
                    probed(refusedFor: Impairment.Cause(error))
                    onProbed?(nil)
                case .failure: break  // the connection ends
                }
            })
    }

    func stop() {
        if let timer { loop.cancel(timer) }
        timer = nil
    }

    private func probed(refusedFor cause: Impairment.Cause?) {
        let tookWork = takesWork
        end(impairments.probed(refusedFor: cause, now: loop.now))
        // A refusal is noted behind this: what it begins must be known before `takesWork` holds.
        hasProbed = hasProbed || cause == nil
        if !tookWork && takesWork { onWork?() }
    }

    private func refused(_ error: RedisErrorReply, _ script: RedisScript?) {
        guard let cause = Impairment.Cause(error) else { return }
        let tookWork = takesWork
        let concernsCommand = cause == .right || cause == .command
        begin(
            cause, error, script: concernsCommand ? script?.name : nil,
            stopsReads: cause == .right && script?.isReadOnly == true)
        hasProbed = hasProbed || script === Scripts.probe
        if !tookWork && takesWork { onWork?() }
    }

    /// A plain read that answers buyers failed. It has no script that is marked as read-only, so a login without the
    /// right for it, which can't answer polls, is noted here.
    func readFailed(_ failure: RedisFailure) -> StoreFailure {
        if case .refused(let error) = failure, Impairment.Cause(error) == .right {
            begin(.right, error, script: nil, stopsReads: true)
        }
        return StoreFailure(failure)
    }

    private func begin(_ cause: Impairment.Cause, _ error: RedisErrorReply, script: String?, stopsReads: Bool) {
        let began = impairments.refused(
            cause, reason: error.description, script: script, stopsReads: stopsReads, now: loop.now)
        if let began { onImpaired?(began) }
    }

    /// The connection has ended: `store_down` reports it, and a new one begins without what was known.
    func forget() {
        hasProbed = false
        end(impairments.forget())
    }

    private func end(_ impairments: [Impairment]) {
        for impairment in impairments { onRestored?(impairment, loop.now - impairment.since) }
    }
}

extension Store {
    /// What the store refuses at the moment, oldest first, at most one a cause.
    public var impairments: [Impairment] { health.current }

    /// The store began to refuse something, though it is connected; see `impairments`.
    public var onImpaired: ((Impairment) -> Void)? {
        get { health.onImpaired }
        set { health.onImpaired = newValue }
    }
    /// An impairment ended, after so long.
    public var onRestored: ((Impairment, TimeSpan) -> Void)? {
        get { health.onRestored }
        set { health.onRestored = newValue }
    }
    /// Called when `takesWork` becomes true.
    public var onWork: (() -> Void)? {
        get { health.onWork }
        set { health.onWork = newValue }
    }
    /// A probe was answered, with the name of the store's data; nil where they have none, or the probe was refused.
    public var onProbed: ((String?) -> Void)? {
        get { health.onProbed }
        set { health.onProbed = newValue }
    }

    /// Reads are answered, so polls and item pages are served.
    public var takesReads: Bool { health.takesReads }

    /// Work that was begun can be ended: needed to lead, take and settle. False until the first probe.
    public var takesWork: Bool { health.takesWork }

    /// Why `takesWork` is false; nil while it is true.
    public var workReason: String? {
        if takesWork { return nil }
        let isNew = "not connected yet"
        return isReady ? impairments.first(where: \.stopsWork)?.description ?? isNew : downReason ?? isNew
    }

    /// What the server is, where it answers and can't be used: a replica, a node of a cluster, a Sentinel, too old. A
    /// process that is just starting ends with it; one that runs waits for another.
    public var unsuitable: String? {
        if case .unsuitable(let server) = connection.downReason { server.description } else { nil }
    }
}
