/// Why a `deduct` ended.
public enum DeductStop: Sendable, CaseIterable {
    /// It took all that it was allowed, or examined as many purchases as one call may.
    case limitReached
    case queueEmpty
    /// The purchase at the queue's head is for more units than are free, and some may come back.
    case headWaits
    /// The item is paused, on hold or frozen.
    case itemHalted
    case itemEnded
    /// The next purchase may be what ended its workers, so it goes only to a worker that holds nothing else.
    case needsIdleWorker
    /// The store gave no answer.
    case callFailed

    /// Whether the worker gives back what it was granted and did not take.
    public var endsGrant: Bool {
        switch self {
        case .limitReached, .needsIdleWorker: false
        case .queueEmpty, .headWaits, .itemHalted, .itemEnded, .callFailed: true
        }
    }

    /// Whether nothing can be taken until a notification of the item comes.
    public var blocksItem: Bool { self == .headWaits || self == .itemHalted }
}
