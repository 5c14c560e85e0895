import Domain

// The first number of what a script replies: 0 or above where it was carried out, below where it wrote nothing.

/// The refusals that every script on an item may reply.
enum ItemRefusalCode: Int64 {
    case noSuchItem = -1
    case staleBoot = -2
    case otherIncarnation = -3
}

/// Of a script that has no other reply.
enum DoneCode: Int64 { case done = 0 }

enum AdmitCode: Int64 {
    /// All purchases were new; the reply has the first sequence.
    case allNew = 0
    /// The reply has an answer for each.
    case eachAnswered = 1
}

extension Store {
    public enum Cancellation: Int64, Sendable { case cancelled = 0, inProgress, alreadyFinal, unknown }

    /// What became of an operator's decision on a purchase in doubt.
    public enum Resolution: Int64, Sendable {
        case done = 0
        /// It ended so already.
        case before
        /// A worker calls for it at the moment.
        case inProgress
        /// It was never in doubt, or ended otherwise.
        case notInDoubt
        case unknown
    }

    /// What became of a call to keep the token of an operator, or to forget it.
    public enum TokenOutcome: Int64, Sendable {
        case done = 0
        case unknown = -4
        case tooMany = -5
    }

    /// What a `put` may do with a name that the store has no item of.
    public enum Creation: Int, Sendable {
        case refused = 0
        case ofTheFirst
        /// Also where the store has lost an item of this name.
        case asNew
    }
}

enum RefundCode: Int64 {
    case done = 0
    case before = 1
    case notSold = 2
    case unknown = 3
}

enum PutCode: Int64 {
    case created = 1
    case updated = 0
    case belowHeldAndSold = -4
    case stockMissing = -5
    case changedMeanwhile = -6
    case closesTooEarly = -7
    case lostBefore = -8
    case notYet = -9
}

enum AlterCode: Int64 {
    case done = 0
    case keyUsed = -4
    case tooMuchStock = -5
    case nothingToResume = -6
}

/// What alter.lua is to do.
enum AlterWord: String { case pause, hold, resume, close, thaw, restock }

enum ArchiveCode: Int64 {
    case noted = 0
    case outdated = -4
}

enum DeleteCode: Int64 {
    case done = 0
    case goesOn = 1
    case notEnded = -4
    case notArchived = -5
    case notYet = -6
}

enum NoteCode: Int64 { case refused = -4 }

enum DurabilityCode: Int64 {
    case durable = 0
    case rolledBack = 1
}

enum ReopenCode: Int64 {
    case openAlready = 0
    case reopened = 1
}

enum LeadCode: Int64 {
    case follows = 0
    case leads = 1
}

enum PointCode: Int64 {
    case done = 0
    case outdated = -4
}

enum SampleCode: Int64 {
    case done = 0
    case outdated = -4
}

enum EnlistCode: Int64 {
    case refused = 0
    case done = 1
}

/// The first letter of a change notification.
enum NotificationKind: String {
    /// Listeners read the item again.
    case settingsChanged = "C"
    /// The counters and results in it are all that changed.
    case countersChanged = "D"
}

extension DeductStop {
    /// In the order of the numbers that deduct.lua replies.
    private static let replied: [DeductStop] = [
        .limitReached, .queueEmpty, .headWaits, .itemHalted, .itemEnded, .needsIdleWorker,
    ]
    /// In the order of the numbers in reports.
    private static let reported: [DeductStop] = [
        .limitReached, .queueEmpty, .headWaits, .itemHalted, .itemEnded, .callFailed,
    ]

    init?(reply code: Int64) {
        guard let index = Int(exactly: code), Self.replied.indices.contains(index) else { return nil }
        self = Self.replied[index]
    }

    /// The number of deduct.lua; nil for what no script replies.
    var replyCode: Int64? { Self.replied.firstIndex(of: self).map(Int64.init) }

    /// A reason that this build does not know ends no grant.
    init(report code: Int64) {
        let index = Int(exactly: code) ?? Self.reported.count
        self = Self.reported.indices.contains(index) ? Self.reported[index] : .limitReached
    }

    /// What waits for an idle worker is still granted to this one.
    var reportCode: Int64 { Int64(Self.reported.firstIndex(of: self) ?? 0) }
}
