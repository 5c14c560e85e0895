import Base

// DESIGN
// The same service as the product's, with the same work of its n-th call, the same changes, faults and cap, in a
// world of its own. It is fed from what has arrived as soon as a slot is free, over no network and without a queue in
// the service; a call that failed is made again at once. It sends nothing while there is no leader or no worker. A
// declared cap bounds what is sent, so it pays to have a few calls wait for their slots: as many as two for each, and
// two. As no call that begins earlier ends later (`ServiceCourse`), no feeder does better but by chance: the faults of
// a moment fall on other calls. Under a cap one does that lets a long queue grow in the service: after a pause or a
// speed-up that is served faster than the cap.

/// What a scheduler that knows everything would have done with a drain.
final class IdealRun {
    private static let triesAtOnce = 64

    private let feed: DrainFeed
    private let outages: [Range<TimeSpan>]
    private var sent: Int64 = 0  // within the cap, and not in the service

    init(_ drain: DrainCase) {
        feed = DrainFeed(drain)
        outages = drain.outages
        feed.onChange = { [unowned self] in fillSlots() }
    }

    func run(to end: TimeSpan) { feed.run(to: end) }

    /// When purchases were answered, in order.
    var finishes: [MonotonicInstant] { feed.finishes }

    /// When it had nothing left and nothing was to come; nil: it has work.
    var doneAt: TimeSpan? { feed.doneAt }

    private func fillSlots() {
        let now = TimeSpan.nanoseconds(feed.now.nanoseconds)
        if let end = outages.filter({ $0.contains(now) }).map(\.upperBound).max() {
            return feed.wake(at: MonotonicInstant(nanoseconds: end.nanoseconds))
        }
        send()
        var tries = Self.triesAtOnce
        while sent > 0, feed.service.hasFreeSlot {
            defer { send() }
            sent -= 1
            let refusal = feed.service.call { [unowned self] ending in
                if ending == .served { feed.finish() } else { feed.giveBack() }
            }
            guard refusal != nil else { continue }
            feed.giveBack()
            tries -= 1
            if tries == 0 { return feed.wake(at: feed.now + .milliseconds(1)) }
        }
    }

    private func send() { while sent < 2 * Int64(feed.service.slots) + 2, feed.take() { sent += 1 } }
}
