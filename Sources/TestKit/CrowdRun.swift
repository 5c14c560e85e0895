import Base
import LoadKit

/// The thread of a `Crowd`: the load tests' fleet of keep-alive connections, at most one request under way on each.
final class CrowdRun: FleetOwner {
    private static let pauseAfterFailure = TimeSpan.milliseconds(20)

    private let crowd: Crowd
    private let requests: [HTTPRequest]
    private let deadline: Deadline
    private let running: Crowd.Running
    private let start = MonotonicInstant.now
    private var answers: [Crowd.Answer]
    private var begun = 0  // requests sent at least once
    private var retries: [(request: Int, at: MonotonicInstant)] = []  // in the order in which they failed
    private var answered = 0
    private var ended = 0  // answered, or given up

    init(_ crowd: Crowd, requests: [HTTPRequest], deadline: Deadline, running: Crowd.Running) {
        self.crowd = crowd
        self.requests = requests
        self.deadline = deadline
        self.running = running
        answers = Array(repeating: Crowd.Answer(), count: requests.count)
    }

    func run() {
        if let fleet = try? fleet() {
            while ended < requests.count, !deadline.isPast {
                while fleet.hasFree, let request = nextRequest() { fleet.send(UInt64(request), due: .now) }
                fleet.turn(until: .now + .milliseconds(5))
                fleet.expire()
                running.report(answered: answered)
            }
            fleet.close()
        }
        running.end(answers)
    }

    private func fleet() throws -> Fleet {
        try Fleet(
            to: crowd.endpoints.map { try LoadKit.Endpoint($0.authority) },
            connections: max(1, min(crowd.connections, requests.count)),
            timeout: Nanoseconds(crowd.patience.nanoseconds),
            pauseAfterFailure: Nanoseconds(Self.pauseAfterFailure.nanoseconds), owner: self)
    }

    private func nextRequest() -> Int? {
        let now = MonotonicInstant.now
        // New ones first: those that failed a moment ago would fail again.
        if begun < requests.count {
            let due = crowd.perSecond.map { start + .nanoseconds(Int64(begun) * 1_000_000_000 / $0) } ?? start
            if due <= now {
                begun += 1
                return begun - 1
            }
        }
        guard let retry = retries.first, retry.at <= now else { return nil }
        return retries.removeFirst().request
    }

    func compose(_ tag: inout UInt64, into bytes: inout [UInt8]) {
        let request = Int(tag)
        answers[request].sentAt = .now
        answers[request].tries += 1
        bytes += requests[request].bytes(host: crowd.endpoints[0].authority)
    }

    func answered(_ tag: UInt64, due: Nanoseconds, left: Nanoseconds, _ head: AnswerHead, _ bytes: Span<UInt8>) {
        let request = Int(tag)
        var parser = ReplyParser()
        parser.feed(bytes.indices.map { bytes[$0] })
        guard let reply = try? parser.next() else { return lost(tag, due: due, .unanswered) }
        answers[request].answeredAt = .now
        if crowd.isPersistent, reply.status == 503, Self.mayPass(reply.code) {
            return retries.append((request, .now + Self.pauseAfterFailure))
        }
        answers[request].reply = reply
        answered += 1
        ended += 1
    }

    func lost(_ tag: UInt64, due: Nanoseconds, _ loss: Loss) {
        let request = Int(tag)
        answers[request].answeredAt = .now
        if loss == .notConnected {
            answers[request].tries -= 1  // it was not sent
            retries.append((request, .now))
        } else if crowd.isPersistent {
            retries.append((request, .now + Self.pauseAfterFailure))
        } else {
            ended += 1
        }
    }

    /// Whether a 503 is about the process or the store rather than the item.
    private static func mayPass(_ code: String?) -> Bool {
        ["store-unavailable", "draining", "degraded"].contains(code)
    }
}
