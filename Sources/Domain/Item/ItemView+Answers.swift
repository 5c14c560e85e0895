public import Base

// What is answered from the memory of an item.
extension ItemView {
    public enum Refusal: Sendable, Equatable { case closed, notOpen, soldOut }

    public enum Gate: Sendable, Equatable {
        /// The purchase goes to the store, which decides.
        case admit
        /// The same, and the holders should be read, so that the next non-holders are refused from memory.
        case admitAndReadHolders
        case refuse(Refusal)
    }

    public enum Place: Sendable, Equatable {
        case queued(position: Int64)
        case decided(ResultByte)
        case soldOut
        /// The block of results with this index must be read first.
        case needsBlock(Int)
        /// The item must be read first: what is remembered may be outdated.
        case needsSnapshot
        /// The store was read after the ticket was made, and never gave its sequence.
        case beyondTail
    }

    public enum Verdict: Sendable {
        case certain, possible, noChance
    }

    /// The present time of the store's clock, as far as it is known.
    public func storeTime(now: MonotonicInstant) -> WallInstant {
        snapshot.storeTime + (now - readAt)
    }

    /// The place from whatever is remembered, for the seconds in which the store can't be read; nil where nothing is
    /// known.
    public func remembered(_ sequence: Int64) -> Place? {
        switch locate(sequence) {
        case .decided(let byte): return .decided(byte)
        case .soldOut: return .soldOut
        case .queued(let position): return .queued(position: position)
        case .needsBlock where sequence > head && sequence > counters.endedAt:
            return queued(sequence)
        case .needsBlock, .needsSnapshot, .beyondTail: return nil
        }
    }

    /// The position of a waiting purchase, from 1.
    public func position(of sequence: Int64) -> Int64 {
        max(1, places(to: sequence) - places(to: head) + counters.redo)
    }

    /// How many places in the queue there are up to a sequence: those that were left out do not count.
    func places(to sequence: Int64) -> Int64 { sequence - snapshot.skipped.count(upTo: sequence) }
}
