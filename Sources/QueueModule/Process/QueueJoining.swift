import Base
import Operations

/// How a queue process begins to serve beside others: it checks whether it fits to those on the list of nodes, puts
/// itself on the list, and checks again. `Newcomer` decides; this class calls it.
final class QueueJoining {
    /// What the process does for it.
    struct Ports {
        /// Hands over the processes on the list, nil where the store did not answer.
        let others: (@escaping ([Newcomer.Neighbour]?) -> Void) -> Void
        /// Puts the process on the list, then calls back.
        let describe: (@escaping () -> Void) -> Void
        /// Whether a process of this machine lives.
        let isAlive: (Int64) -> Bool
        /// Milliseconds of this machine's clock.
        let now: () -> Int64
        let later: (TimeSpan, @escaping () -> Void) -> Void
        /// It must not serve beside one of them.
        let refuse: (_ option: String, _ problem: String) -> Void
    }

    static let pause = TimeSpan.milliseconds(100)  // between two checks

    private let ports: Ports
    private var newcomer: Newcomer
    /// The first check has passed: it may stand on the list.
    private(set) var hasJoined = false

    init(_ newcomer: Newcomer, ports: Ports) {
        self.newcomer = newcomer
        self.ports = ports
    }

    /// Calls `completion` when this process may print its ready line, which may be never.
    func start(completion: @escaping () -> Void) {
        check({ $0.check(beside: $1, now: $2, isAlive: $3) }) { [self] in
            hasJoined = true
            ports.describe { [self] in
                check({ $0.recheck(beside: $1, now: $2, isAlive: $3) }, fits: completion)
            }
        }
    }

    private typealias Rule = (inout Newcomer, [Newcomer.Neighbour], Int64, (Int64) -> Bool) -> Newcomer.Verdict

    /// Reads the list until this process fits by `rule`; a conflict ends it.
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
