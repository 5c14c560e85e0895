import Base
import Domain
import EventLoop
import HTTPServer

/// The requests of one loop that stay open: how many there may be, and when each is to be looked at.
final class OpenRequests {
    private let parts: EndpointParts
    private let most: Int
    private var requests = Slab<OpenRequest>()
    private var wheel: VisitWheel
    private var due: [Token] = []
    private var nextDue = 0
    private lazy var timer = OneTimer(loop: parts.loop) { [unowned self] in turnWheel() }
    private(set) var polls = 0
    private(set) var refused: UInt64 = 0
    /// No more are taken: the process is about to stop.
    private(set) var isStopping = false
    /// Some are to be looked at.
    var onDue: () -> Void = {}
    var onVisit: (OpenRequest) -> Void = { _ in }
    /// A request has ended, or its client has left.
    var onEnd: (OpenRequest) -> Void = { _ in }

    /// - Parameter most: how many may be open at once.
    init(_ parts: EndpointParts, most: Int) {
        (self.parts, self.most) = (parts, most)
        wheel = VisitWheel(now: parts.now)
    }

    var count: Int { requests.count }
    var streams: Int { requests.count - polls }

    /// Counts a request among the open ones; nil where there are too many, or its client has left already.
    func open(_ exchange: ExchangeID, _ kind: OpenRequest.Kind) -> OpenRequest? {
        guard count < most, !isStopping else {
            refused += 1
            return nil
        }
        let request = OpenRequest(exchange, kind, now: parts.now)
        let id = requests.insert(request)
        request.inserted(as: id)
        if request.isPoll { polls += 1 }
        guard parts.responder.watch(exchange, by: id) else {
            end(request)
            return nil
        }
        return request
    }

    /// Forgets a request that was answered.
    func end(_ request: OpenRequest) {
        guard let id = request.id, requests.remove(id) != nil else { return }
        if request.isPoll { polls -= 1 }
        request.ended()
        onEnd(request)
    }

    /// Its connection was closed.
    func left(_ id: Token) {
        guard let request = requests[id] else { return }
        parts.responder.forget(request.exchange)
        end(request)
    }

    /// No more are taken, and all that are open are looked at once more, to be ended.
    func stop() {
        isStopping = true
        requests.forEach { id, _ in due.append(id) }
        if !due.isEmpty { onDue() }
    }

    // MARK: Visits

    /// Has a request looked at, at this time or at the wheel's horizon, instead of when it was planned before.
    func visit(_ request: OpenRequest, at time: MonotonicInstant) {
        guard let id = request.id else { return }
        let time = min(time, parts.now + VisitWheel.horizon)
        request.planned(visitAt: time)
        wheel.add(id, at: time, now: parts.now)
        timer.set(wheel.nextTurn(now: parts.now))
    }

    private func turnWheel() {
        wheel.turn(to: parts.now, into: &due)
        timer.set(wheel.nextTurn(now: parts.now))
        if !due.isEmpty { onDue() }
    }

    var hasDue: Bool { nextDue < due.count }

    /// Looks at some that are due. Returns how many.
    func visitDue(atMost limit: Int) -> Int {
        var visited = 0
        while visited < limit, nextDue < due.count {
            let id = due[nextDue]
            nextDue += 1
            guard let request = requests[id] else { continue }
            // Another visit may have been planned since.
            guard isStopping || request.visitAt <= parts.now else { continue }
            request.planned(visitAt: MonotonicInstant(nanoseconds: .max))
            onVisit(request)
            visited += 1
        }
        if nextDue == due.count { (due, nextDue) = ([], 0) }
        return visited
    }
}
