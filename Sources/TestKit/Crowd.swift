public import Base
import Foundation

/// Many buyers at once: k keep-alive connections, driven by one thread, that send a list of requests.
public struct Crowd: Sendable {
    public var endpoints: [Endpoint]
    public var connections = 64
    /// Requests begun per second; nil sends as fast as the answers come.
    public var perSecond: Int64?
    /// Whether a request that got no answer, or a 503 that asks for another try, is sent again until the time is over.
    public var isPersistent = false
    /// How long one request may stay unanswered before its connection is given up.
    public var patience = TimeSpan.seconds(5)

    public init(_ endpoints: Endpoint...) { self.endpoints = endpoints }

    /// What one request came to.
    public struct Answer: Sendable {
        /// Nil where no answer came in time, or the connection broke first.
        public var reply: HTTPReply?
        public var sentAt = MonotonicInstant(nanoseconds: 0)  // of the last try
        public var answeredAt = MonotonicInstant(nanoseconds: 0)
        public var tries = 0

        public var status: Int { reply?.status ?? 0 }
        public var took: TimeSpan { answeredAt - sentAt }
    }

    /// Sends all requests in the given order and waits for the answers, in the same order.
    public func send(_ requests: [HTTPRequest], within span: TimeSpan = .seconds(30)) -> [Answer] {
        let running = start(requests, within: span)
        return running.finish(within: span + .seconds(5))
    }

    /// Sends all requests on a thread of its own.
    public func start(_ requests: [HTTPRequest], within span: TimeSpan = .seconds(60)) -> Running {
        let running = Running(count: requests.count)
        let crowd = self
        Thread.detachNewThread {
            let run = CrowdRun(crowd, requests: requests, deadline: Deadline(within: span), running: running)
            run.run()
        }
        return running
    }

    /// A crowd under way.
    public final class Running: Sendable {
        private let state: Guarded<(answered: Int, answers: [Answer]?)>
        private let count: Int

        init(count: Int) {
            self.count = count
            state = Guarded((answered: 0, answers: nil))
        }

        func report(answered: Int) { state.change { $0.answered = answered } }
        func end(_ answers: [Answer]) { state.change { $0.answers = answers } }

        /// How many requests are answered so far.
        public var answered: Int { state.current.answered }
        public var isDone: Bool { state.current.answers != nil }

        /// Waits until so many are answered; false when the crowd ended or the time was over first.
        public func waitUntil(answered target: Int, within span: TimeSpan) -> Bool {
            state.wait(within: span) {
                $0.answered >= target ? true : $0.answers != nil ? false : nil
            } ?? false
        }

        /// Waits for the end. Requests without an answer have a nil reply.
        public func finish(within span: TimeSpan) -> [Answer] {
            state.wait(within: span) { $0.answers } ?? [Answer](repeating: Answer(), count: count)
        }
    }
}
