import Domain
import TestKit
import Testing

@testable import Store

/// What the feed of an item said so far.
struct FeedStory {
    var cursor: EventCursor?
    var refunds = 0
    var due = 0
    var isClosed = false
}

// The feed shows what the results, and the model, show: no change without its event, no event without its change.
extension Life {
    /// - Parameters:
    ///   - before: results and counters before the step; those of now are in `bytes` and `counters`.
    mutating func compareEvents(before: [ResultByte], _ bytes: [ResultByte], hadEnded: Int64, _ hasEnded: Int64) throws
    {
        let events = try rig.events(of: item, after: story.cursor, limit: 7)
        story.cursor = events.last?.cursor ?? story.cursor
        var shown: [String] = []
        for event in events where event.type != .refunded && event.type != .refundDue && !event.type.isOfItem {
            shown.append("\(event.sequence) \(event.type)")
        }
        var wanted: [String] = []
        for (index, byte) in bytes.enumerated() {
            guard byte != (index < before.count ? before[index] : .undecided), let type = byte.event else { continue }
            wanted.append("\(base + 1 + Int64(index)) \(type)")
        }
        check(shown.sorted() == wanted.sorted(), "events \(shown), and changes \(wanted)")
        for event in events where !event.type.isOfItem {
            let purchase = model.purchases[event.sequence]
            check(event.user == purchase.user && event.quantity == purchase.quantity, "\(event), not \(purchase)")
        }
        compareItemEvents(events.map(\.type), hadEnded, hasEnded)
        comparePaidBack(events)
    }

    private mutating func compareItemEvents(_ types: [EventType], _ hadEnded: Int64, _ hasEnded: Int64) {
        let wanted: [EventType] = hadEnded == hasEnded ? [] : [hasEnded == 1 ? .itemSoldOut : .itemReopened]
        check(types.filter { $0 == .itemSoldOut || $0 == .itemReopened } == wanted, "\(types), not \(wanted)")
        let isClosed = model.settings.isClosed
        check(types.contains(.itemClosed) == (isClosed && !story.isClosed), "\(types), closed: \(isClosed)")
        story.isClosed = isClosed
    }

    private mutating func comparePaidBack(_ events: [Event]) {
        for event in events where event.type == .refunded {
            story.refunds += 1
            let refund = model.holds.refunds[event.sequence]
            check(
                refund?.reference == event.reference && refund?.isUnitReturned == event.isUnitReturned,
                "\(event), not \(String(describing: refund))")
        }
        story.due += events.filter { $0.type == .refundDue && $0.reference.hasPrefix("p") }.count
        check(story.refunds == model.holds.refunds.count && story.due == model.holds.due.count, "\(story)")
    }
}

extension ResultByte {
    /// The event of a purchase that comes to it.
    fileprivate var event: EventType? {
        switch self {
        case .sold: .sold
        case .reserved: .reserved
        case .rejected: .rejected
        case .expired: .expired
        case .cancelled: .cancelled
        case .inDoubt: .inDoubt
        case .undecided, .processing, .insufficientStock, .lost: nil
        }
    }
}
