import Base
import Domain
import EventLoop
import RedisClient

// Whether the store does what is asked of it. `docs/operations.md` has the table.
extension Store {
    /// Reads are answered, so polls and item pages are served.
    public var takesReads: Bool { isReady && !impairments.contains(where: \.stopsReads) }

    /// Work that was begun can be ended: needed by whoever leads, takes and settles. False until the first probe.
    public var takesWork: Bool { isReady && hasProbed && !impairments.contains(where: \.stopsWork) }

    /// Why `takesWork` is false; nil while it is true.
    public var workReason: String? {
        if takesWork { return nil }
        let isNew = "not connected yet"
        return isReady ? impairments.first(where: \.stopsWork)?.description ?? isNew : downReason ?? isNew
    }

    /// What the server is, where it answers and is none to work with: a replica, a node of a cluster, a Sentinel, too
    /// old. A process that is just starting ends with it; one that runs waits for another.
    public var unsuitable: String? {
        if case .unsuitable(let server) = connection.downReason { server.description } else { nil }
    }

    // MARK: Finding out

    func watchHealth() {
        connection.onRefusal = { [unowned self] error, script in note(error, script) }
    }

    /// Asks at once, and every `Limits.storeProbe` from then on, whether writes would be taken.
    func probeRegularly() {
        if let probeTimer { loop.cancel(probeTimer) }
        probeTimer = loop.schedule(after: Limits.storeProbe) { [weak self] in self?.probeRegularly() }
        guard isReady else { return }
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

    private func probed(refusedFor cause: Impairment.Cause?) {
        let tookWork = takesWork
        end(health.probed(refusedFor: cause, now: loop.now))
        // A refusal is noted behind this: what it begins must be known before `takesWork` is believed.
        hasProbed = hasProbed || cause == nil
        if !tookWork && takesWork { onWork?() }
    }

    private func note(_ error: RedisErrorReply, _ script: RedisScript?) {
        guard let cause = Impairment.Cause(error) else { return }
        let tookWork = takesWork
        let concernsCommand = cause == .right || cause == .command
        let began = health.refused(
            cause, reason: error.description, script: concernsCommand ? script?.name : nil,
            stopsReads: cause == .right && script?.isReadOnly == true, now: loop.now)
        if let began { onImpaired?(began) }
        hasProbed = hasProbed || script === Scripts.probe
        if !tookWork && takesWork { onWork?() }
    }

    /// What a plain read that answers buyers failed with. No script says that it only reads: a login without the right
    /// for it can't answer polls, which is noted here.
    func readFailed(_ failure: RedisFailure) -> StoreFailure {
        if case .refused(let error) = failure, Impairment.Cause(error) == .right {
            let began = health.refused(
                .right, reason: error.description, script: nil, stopsReads: true, now: loop.now)
            if let began { onImpaired?(began) }
        }
        return StoreFailure(failure)
    }

    /// The connection is gone: `store_down` reports it, and a new one begins without what was known.
    func forgetHealth() {
        hasProbed = false
        end(health.forget())
    }

    private func end(_ impairments: [Impairment]) {
        for impairment in impairments { onRestored?(impairment, loop.now - impairment.since) }
    }
}
