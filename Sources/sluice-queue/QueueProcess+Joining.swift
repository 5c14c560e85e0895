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
        let keys = values[KnownOptions.ticketKey].exposed
        return ([keys.current] + (keys.previous.map { [$0] } ?? [])).map { Secret.fingerprint($0) }
    }

    /// Looks whether this process fits to those that are there, then says that it is ready.
    func join() {
        firstDoor.nodes { [unowned self] nodes in
            let now = loop.wallNow.milliseconds
            let others = (nodes ?? []).compactMap {
                NodeIdentity(json: $0.json, describedAt: now - $0.age.wholeMilliseconds)
            }
            var newcomer = self.newcomer ?? makeNewcomer(now: now)
            let verdict = newcomer.look(at: others, now: now) { kill(pid_t(clamping: $0), 0) == 0 || errno == EPERM }
            self.newcomer = newcomer
            switch verdict {
            case .conflict(let option, let problem):
                ConfigurationDriver.refuse([ConfigurationProblem(option, problem)], program: "sluice-queue")
            case .fits where nodes != nil: serveBuyers()
            case .fits, .unsure: loop.schedule(after: .milliseconds(100)) { [unowned self] in join() }
            }
        }
    }

    private func serveBuyers() {
        hasJoined = true
        describe()
        ReadyLine.write(["http": publicURL, "admin": adminURL, "pid": "\(getpid())", "node": node])
    }

    /// What those that start later want to know.
    func tellIdentity(_ json: inout JSONWriter) {
        json.field("machine", NodeIdentity.thisMachine)
        json.field("store", firstDoor.storeName)
        json.key("keys")
        json.beginArray()
        for key in keys { json.string(key) }
        json.endArray()
    }

    private func makeNewcomer(now: Int64) -> Newcomer {
        let own = NodeIdentity(
            name: node, role: "queue", pid: Int64(getpid()), machine: NodeIdentity.thisMachine, keys: keys,
            http: publicURL, isReady: false, describedAt: now)
        return Newcomer(own, store: firstDoor.storeName, sharesPort: sharesPort, now: now)
    }
}
