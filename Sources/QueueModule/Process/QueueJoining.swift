import Base
import Operations

/// How a queue process begins to serve beside others: it checks whether it fits to those that are there, puts itself on
/// their list, checks again, and is done. What it decides is `Newcomer`'s; here is when it asks.
final class QueueJoining {
    /// What the process does for it.
    struct Ports {
        /// Hands over those on the list, nil where the store did not say.
        var others: (@escaping ([Newcomer.Neighbour]?) -> Void) -> Void
        /// Puts the process on the list, then calls back.
        var describe: (@escaping () -> Void) -> Void
        /// Whether a process of this machine lives.
        var isAlive: (Int64) -> Bool
        /// Milliseconds of this machine's clock.
        var now: () -> Int64
        var later: (TimeSpan, @escaping () -> Void) -> Void
        /// It must not serve beside one of them.
        var refuse: (_ option: String, _ problem: String) -> Void
    }

    static let pause = TimeSpan.milliseconds(100)  // between two checks

    private let ports: Ports
    private var newcomer: Newcomer
    /// It may stand on the list: others are asked to make room for it no more than it was for them.
    private(set) var hasJoined = false

    init(_ newcomer: Newcomer, ports: Ports) {
        self.newcomer = newcomer
        self.ports = ports
    }

    /// Calls `completion` when this process may say that it is ready, which may be never.
    func start(completion: @escaping () -> Void) {
        check({ $0.check(beside: $1, now: $2, isAlive: $3) }) { [self] in
            hasJoined = true
            ports.describe { [self] in
                check({ $0.recheck(beside: $1, now: $2, isAlive: $3) }, fits: completion)
            }
        }
    }

    private typealias Rule = (inout Newcomer, [Newcomer.Neighbour], Int64, (Int64) -> Bool) -> Newcomer.Verdict

    /// Asks who is there until `rule` says that this process fits; a conflict ends it.
    private func check(_ rule: @escaping Rule, fits: @escaping () -> Void) {
        ports.others { [self] others in
            switch rule(&newcomer, others ?? [], ports.now(), ports.isAlive) {
            case .conflict(let option, let problem): ports.refuse(option, problem)
            case .fits where others != nil: fits()
            case .fits, .unsure: ports.later(Self.pause) { [self] in check(rule, fits: fits) }
            }
        }
    }
}
