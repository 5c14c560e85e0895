/// Why a `deduct` ended.
public enum DeductStop: Sendable, CaseIterable {
    /// It took all that it was allowed, or looked at as many purchases as one call may.
    case limitReached
    case queueEmpty
    /// The head asks for more units than are free, and some may come back.
    case headWaits
    /// The item is paused, on hold or frozen.
    case itemHalted
    case itemEnded
    /// What is next may have ended its workers, and goes only to one that holds nothing else.
    case needsIdleWorker
    /// The store gave no answer.
    case callFailed

    /// Whether the worker gives up what it was granted and did not take.
    public var endsGrant: Bool {
        switch self {
        case .limitReached, .needsIdleWorker: false
        case .queueEmpty, .headWaits, .itemHalted, .itemEnded, .callFailed: true
        }
    }

    /// Whether nothing can be taken until a notification of the item comes.
    public var blocksItem: Bool { self == .headWaits || self == .itemHalted }
}
