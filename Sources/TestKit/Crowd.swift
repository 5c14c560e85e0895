package import Base
import Foundation

/// Many buyers at once: k keep-alive connections, driven by one thread, that send a list of requests.
package struct Crowd: Sendable {
    package var endpoints: [Endpoint]
    package var connections = 64
    /// Requests begun per second; nil sends as fast as the answers come.
    package var perSecond: Int64?
    /// Whether a request that got no answer, or a 503 that asks for another try, is sent again until the time is over.
    package var isPersistent = false
    /// How long one request may stay unanswered before its connection is given up.
    package var patience = TimeSpan.seconds(5)

    package init(_ endpoints: Endpoint...) { self.endpoints = endpoints }

    /// What one request came to.
    package struct Answer: Sendable {
        /// Nil where no answer came in time, or the connection broke first.
        package var reply: HTTPReply?
        package var sentAt = MonotonicInstant(nanoseconds: 0)  // of the last try
        package var answeredAt = MonotonicInstant(nanoseconds: 0)
        package var tries = 0

        package var status: Int { reply?.status ?? 0 }
        package var took: TimeSpan { answeredAt - sentAt }
    }

    /// Sends all requests in the given order and waits for the answers, in the same order.
    package func send(_ requests: [HTTPRequest], within span: TimeSpan = .seconds(30)) -> [Answer] {
        let running = start(requests, within: span)
        return running.finish(within: span + .seconds(5))
    }

    /// Sends all requests on a thread of its own.
    package func start(_ requests: [HTTPRequest], within span: TimeSpan = .seconds(60)) -> Running {
        let running = Running(count: requests.count)
        let crowd = self
        Thread.detachNewThread {
            let run = CrowdRun(crowd, requests: requests, deadline: Deadline(within: span), running: running)
            run.run()
        }
        return running
    }

    /// A crowd under way.
    package final class Running: Sendable {
        private let state: Guarded<(answered: Int, answers: [Answer]?)>
        private let count: Int

        init(count: Int) {
            self.count = count
            state = Guarded((answered: 0, answers: nil))
        }

        func tell(answered: Int) { state.change { $0.answered = answered } }
        func end(_ answers: [Answer]) { state.change { $0.answers = answers } }

        /// How many requests are answered so far.
        package var answered: Int { state.current.answered }
        package var isDone: Bool { state.current.answers != nil }

        /// Waits until so many are answered; false when the crowd ended or the time was over first.
        package func waitUntil(answered target: Int, within span: TimeSpan) -> Bool {
            state.wait(within: span) {
                $0.answered >= target ? true : $0.answers != nil ? false : nil
            } ?? false
        }

        /// Waits for the end. Requests without an answer have a nil reply.
        package func finish(within span: TimeSpan) -> [Answer] {
            state.wait(within: span) { $0.answers } ?? [Answer](repeating: Answer(), count: count)
        }
    }
}
