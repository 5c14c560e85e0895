public import Base

// DESIGN
// Where a ticket stands is decided here, without I/O: the driver calls, performs the read that it gets as the next
// step, reports the outcome, and calls again until there is an answer.

/// Finds where one ticket stands by what is remembered of its item: gives the answer, or what must be read first.
public struct TicketLocator: Sendable {
    public enum Step: Sendable, Equatable {
        case respond(ItemView.Place, fromCurrentMemory: Bool)
        /// The store may keep more of the purchase: its order, why the order sink refused it, a refund, or until when
        /// it must be paid. That must be read: it belongs to the answer.
        case readDetails(ItemView.Place)
        /// The same, and the store can't be read: a later answer may have more.
        case respondWithoutDetails(ItemView.Place)
        /// The item must be read; then `itemRead` and `locate`.
        case readItem
        /// The block of results with this index must be read; then `blockRead`.
        case readBlock(Int)
        case refuse(Refusal)
    }

    public enum Refusal: Sendable {
        /// The name belongs to another item by now.
        case unknownTicket
        /// The store never gave this sequence.
        case lost
        case storeAway
    }

    /// Whether the store can be read.
    public enum StoreState: Sendable, Equatable {
        case ready
        case away(since: MonotonicInstant)
    }

    private let sequence: Int64
    private let incarnation: UInt64
    private var isFresh = false
    private var foundNoHold = false

    public init(_ ticket: Ticket) {
        sequence = ticket.sequence
        incarnation = ticket.incarnation
    }

    /// The item was read after the request came.
    public mutating func itemRead() { isFresh = true }

    /// The store has no hold of a purchase that is remembered as reserved: it has ended, so its block is to be read.
    public mutating func holdHasEnded() -> Step {
        foundNoHold = true
        return .readBlock(ResultBlocks.blockIndex(of: sequence))
    }

    public func locate(in view: ItemView, store: StoreState, now: MonotonicInstant) -> Step {
        // The name may have passed to another item during a read.
        guard view.snapshot.incarnation == incarnation else { return .refuse(.unknownTicket) }
        if case .away(let since) = store { return remember(view, lostFor: now - since) }
        guard view.isTrusted || isFresh else { return .readItem }
        return step(to: view.locate(sequence, isFresh: isFresh), in: view, fromCurrentMemory: !isFresh, now: now)
    }

    /// The block that `locate` asked for was read.
    ///
    /// - Parameter endedAt: the watermark as it was known when the read began; see `ItemView.place`.
    public func blockRead(in view: ItemView, endedAt: Int64, store: StoreState, now: MonotonicInstant) -> Step {
        guard view.snapshot.incarnation == incarnation else { return .refuse(.unknownTicket) }
        let place = view.place(of: sequence, blockReadAfter: endedAt)
        if case .needsBlock = place { return locate(in: view, store: store, now: now) }
        return step(to: place, in: view, fromCurrentMemory: false, now: now)
    }

    private func step(
        to place: ItemView.Place, in view: ItemView, fromCurrentMemory: Bool, now: MonotonicInstant
    ) -> Step {
        switch place {
        case .needsSnapshot: .readItem
        case .needsBlock(let index): .readBlock(index)
        case .beyondTail: .refuse(.lost)
        case .decided(let byte) where byte.mayHaveDetails && view.mayKeepDetails: .readDetails(place)
        case .decided(.reserved) where !foundNoHold && view.deadlines.believed(sequence, now: now) == nil:
            .readDetails(place)
        case .queued, .decided, .soldOut: .respond(place, fromCurrentMemory: fromCurrentMemory)
        }
    }

    /// The store is away: waiting tickets are answered from memory for a few seconds, final results for as long as they
    /// are remembered.
    private func remember(_ view: ItemView, lostFor time: TimeSpan) -> Step {
        guard let place = view.remembered(sequence) else { return .refuse(.storeAway) }
        switch place {
        case .queued where time > Limits.staleAnswers: return .refuse(.storeAway)
        case .decided(let byte) where byte.mayHaveDetails && view.mayHaveOrders: return .respondWithoutDetails(place)
        default: return .respond(place, fromCurrentMemory: false)
        }
    }
}

extension ResultByte {
    /// Whether the store may keep an order, a refund, or a reason of a refusal, for a purchase with this result.
    fileprivate var mayHaveDetails: Bool { self == .sold || self == .rejected }
}

extension ItemView {
    /// Whether the store may keep orders, refunds or reasons of refusals. A change of settings that was not read yet
    /// may be the first one.
    fileprivate var mayKeepDetails: Bool { settings.hasOrders || !isCurrent }
}
