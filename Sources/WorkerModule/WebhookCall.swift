import Base
import Domain

/// One purchase in the webhook sink: its request, its calls so far, and until when a grant or permit pays for one.
final class WebhookCall {
    let order: PlacedOrder
    let ticket: String
    let body: [UInt8]
    private var course = RetryPlan.Course()
    private var paidUntil: MonotonicInstant
    private var isUnderWay = false
    /// Time of its calls together.
    private(set) var execution = TimeSpan.zero

    init(_ order: PlacedOrder, ticket: String) {
        self.order = order
        self.ticket = ticket
        paidUntil = order.paidUntil ?? MonotonicInstant(nanoseconds: 0)
        body = WebhookRequest.body(order, ticket: ticket)
    }

    /// Whether its grant, or a permit, still pays for a call.
    func isPaid(now: MonotonicInstant) -> Bool { paidUntil >= now }

    func permit(now: MonotonicInstant) { paidUntil = now + Limits.grantPays }

    /// A call goes out.
    ///
    /// - Returns: whether one went out before.
    func began(_ plan: inout RetryPlan) -> Bool {
        precondition(!isUnderWay, "one call at a time")
        isUnderWay = true
        defer { plan.began(&course) }
        return course.isBegun
    }

    func ended(after duration: TimeSpan) {
        precondition(isUnderWay, "a call ends once")
        isUnderWay = false
        execution = execution + duration
    }

    /// The service has no room now.
    ///
    /// - Returns: how long to wait before the next call.
    func busy(_ plan: inout RetryPlan, retryAfter: TimeSpan?) -> TimeSpan {
        plan.busy(&course, retryAfter: retryAfter)
    }

    /// No answer came that can be used.
    ///
    /// - Returns: how long to wait before the next call.
    func unanswered(_ plan: inout RetryPlan, now: MonotonicInstant) -> TimeSpan {
        plan.unanswered(&course, now: now)
    }

    /// Whether it has been without an answer for so long.
    func isOverdue(after limit: TimeSpan, now: MonotonicInstant) -> Bool {
        course.unansweredSince.map { now - $0 >= limit } ?? false
    }

    /// It came out of doubt, and its quick retries are used up: it goes back there.
    var returnsToDoubt: Bool { order.wasInDoubt && course.waits > 0 }
}
