import Base
import EventLoop
import Glibc
import Operations
import QueueModule
import Sodium

// How a queue process begins to serve beside others.
extension QueueProcess {
    /// Names of the ticket keys that tell nothing of them.
    static func fingerprints(_ values: ConfigurationValues) -> [String] {
        values[KnownOptions.ticketKey].exposed.all.map { Secret.fingerprint($0) }
    }

    /// Looks whether this process fits to those that are there, puts it on their list, looks again, and says that it is
    /// ready.
    func join() {
        look(when: { $0.look(at: $1, now: $2, isAlive: Self.isAlive) }) { [unowned self] in
            hasJoined = true
            confirm()
        }
    }

    private func confirm() {
        describe { [unowned self] in
            look(when: { $0.lookAgain(at: $1, now: $2, isAlive: Self.isAlive) }) { [unowned self] in
                ReadyLine.write(["http": publicURL, "admin": adminURL, "pid": "\(getpid())", "node": node])
            }
        }
    }

    /// Asks who is there until `verdict` is that this process fits; a conflict ends it.
    private func look(
        when verdict: @escaping (inout Newcomer, [NodeIdentity], Int64) -> Newcomer.Verdict,
        fits: @escaping () -> Void
    ) {
        firstServer.nodes { [unowned self] nodes in
            let now = loop.wallNow.milliseconds
            let others = (nodes ?? []).compactMap {
                NodeIdentity(json: $0.json, describedAt: now - $0.age.wholeMilliseconds)
            }
            var newcomer = self.newcomer ?? makeNewcomer(now: now)
            let found = verdict(&newcomer, others, now)
            self.newcomer = newcomer
            switch found {
            case .conflict(let option, let problem):
                ConfigurationDriver.refuse([ConfigurationProblem(option, problem)], program: "sluice-queue")
            case .fits where nodes != nil: fits()
            case .fits, .unsure:
                loop.schedule(after: .milliseconds(100)) { [unowned self] in look(when: verdict, fits: fits) }
            }
        }
    }

    private static func isAlive(_ pid: Int64) -> Bool { kill(pid_t(clamping: pid), 0) == 0 || errno == EPERM }

    /// What those that start later want to know.
    func tellIdentity(_ json: inout JSONWriter) {
        json.field("machine", NodeIdentity.thisMachine)
        json.field("store", firstServer.storeName)
        json.key("keys")
        json.beginArray()
        for key in keys { json.string(key) }
        json.endArray()
    }

    private func makeNewcomer(now: Int64) -> Newcomer {
        let own = NodeIdentity(
            name: node, role: "queue", pid: Int64(getpid()), machine: NodeIdentity.thisMachine, keys: keys,
            http: publicURL, isReady: false, describedAt: now)
        return Newcomer(own, store: firstServer.storeName, sharesPort: sharesPort, now: now)
    }
}
