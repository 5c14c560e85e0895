public import Base
import Domain
import RedisClient

/// What the store refuses at the moment, though it is connected and answers reads.
public struct Impairment: Sendable, Equatable, CustomStringConvertible {
    public enum Cause: Int, Sendable, CaseIterable {
        /// It can't write to its disk: every write is refused.
        case disk
        /// Fewer replicas are connected than it demands: every write is refused.
        case replicas
        /// Its memory is full: newcomers are refused, what waits is served and settled.
        case memory
        /// The login lacks a right for a command.
        case right
        /// A command is refused for a reason of its own: a key of another type, an error of a script.
        case command

        /// Its name in metrics, logs and readiness: the store's own code, in small letters.
        public var name: String {
            switch self {
            case .disk: "misconf"
            case .replicas: "noreplicas"
            case .memory: "oom"
            case .right: "noperm"
            case .command: "command"
            }
        }
    }

    public var cause: Cause
    /// In the store's own words, its code first.
    public var reason: String
    /// The script that was refused; nil for a plain command, which `reason` may name.
    public var script: String?
    /// Scripts that only read are refused as well: polls can't be answered.
    public var stopsReads: Bool
    public var since: MonotonicInstant

    /// Whether processes that write can't work. Where memory alone is short, they can.
    public var stopsWork: Bool { cause != .memory && cause != .command }

    public var description: String { "\(reason)\(script.map { " (\($0))" } ?? "")" }
}

// DESIGN
// A refusal begins an impairment, and a probe ends it: a script that writes nothing and that the store refuses for the
// same reasons as an admission. It runs every second, so nothing depends on a purchase coming; and it ends nothing
// within `Limits.impairmentEnds` of the last refusal, so a store at the edge of its memory is not reported twice a
// second. An impairment of single commands has no probe, and ends when none was refused for a while.

/// Follows what the store refuses. Pure; at most one impairment a cause, oldest first.
struct Impairments {
    private(set) var current: [Impairment] = []
    private var refusedAt = [MonotonicInstant](
        repeating: MonotonicInstant(nanoseconds: 0), count: Impairment.Cause.allCases.count)

    /// A command was refused. Returns what begins by that; nil where it is known already.
    mutating func refused(
        _ cause: Impairment.Cause, reason: String, script: String?, stopsReads: Bool, now: MonotonicInstant
    ) -> Impairment? {
        refusedAt[cause.rawValue] = now
        if let index = current.firstIndex(where: { $0.cause == cause }) {
            if stopsReads { current[index].stopsReads = true }
            return nil
        }
        let new = Impairment(cause: cause, reason: reason, script: script, stopsReads: stopsReads, since: now)
        current.append(new)
        return new
    }

    /// The probe was carried out, or refused for `cause`. Returns what ended.
    ///
    /// The store checks its disk first, then its replicas, then its memory: a refusal for a later reason ends the
    /// earlier ones.
    mutating func probed(refusedFor cause: Impairment.Cause?, now: MonotonicInstant) -> [Impairment] {
        let ended = current.filter { impairment in
            let age = now - refusedAt[impairment.cause.rawValue]
            switch impairment.cause {
            case .disk, .replicas, .memory:
                return (cause.map { impairment.cause.rawValue < $0.rawValue } ?? true) && age >= Limits.impairmentEnds
            case .right, .command: return age >= Limits.refusalAge
            }
        }
        current.removeAll { impairment in ended.contains { $0.cause == impairment.cause } }
        return ended
    }

    /// The connection has ended, and what was known with it. Returns what ended.
    mutating func forget() -> [Impairment] {
        defer { current = [] }
        return current
    }
}

extension Impairment.Cause {
    /// Nil for a reply that ends the connection.
    init?(_ error: RedisErrorReply) {
        switch error.rule {
        case .givesUp: return nil
        case .refusesWrites(.disk): self = .disk
        case .refusesWrites(.replicas): self = .replicas
        case .refusesWrites(.memory): self = .memory
        case .refusesWrites(.right): self = .right
        case .refusesCommand: self = .command
        }
    }
}
