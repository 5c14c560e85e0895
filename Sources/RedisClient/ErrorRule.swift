// DESIGN
// One table states what an error reply means beside the one command that got it. Without it a connection that is open
// looks healthy while the store refuses everything: a demoted primary keeps its clients and answers READONLY for ever.
// `docs/operations.md` shows the same table to operators, and the tests go through it line by line.

/// What an error reply means for the connection, by its code.
public enum ErrorRule: Sendable, Equatable {
    /// The server can't be used over this connection: it is given up, and made anew until a handshake succeeds.
    case givesUp(DownReason)
    /// Writes of one kind are refused, reads are answered; the connection stays.
    case refusesWrites(WriteRefusal)
    /// It concerns this command alone.
    case refusesCommand
}

/// Why the store refuses writes while it answers reads.
public enum WriteRefusal: Sendable, Equatable, CaseIterable {
    /// It can't write to its disk.
    case disk
    /// Fewer replicas are connected than it demands.
    case replicas
    /// Its memory is at the limit: what needs more of it is refused, what ends work is done.
    case memory
    /// The user lacks a right; the other commands are carried out.
    case right
}

extension RedisErrorReply {
    public var rule: ErrorRule {
        switch code {
        case "READONLY", "MASTERDOWN": .givesUp(.unsuitable(.replica))
        case "MOVED", "ASK", "CROSSSLOT", "CLUSTERDOWN", "TRYAGAIN": .givesUp(.unsuitable(.clusterNode))
        case "LOADING": .givesUp(.loading)
        // A script runs for too long, or the login is gone: reads are refused too. The next attempts show when it ends.
        case "BUSY", "NOAUTH": .givesUp(.refused(self))
        case "MISCONF": .refusesWrites(.disk)
        case "NOREPLICAS": .refusesWrites(.replicas)
        case "OOM": .refusesWrites(.memory)
        case "NOPERM": .refusesWrites(.right)
        // A command inside a script that the user may not run: 7.0 gives it no code of its own.
        case "ERR" where message.hasPrefix("The user executing the script can't"): .refusesWrites(.right)
        default: .refusesCommand  // EXECABORT, WRONGTYPE, ERR, …
        }
    }
}
