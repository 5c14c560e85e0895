import Base

extension SaleChecker {
    /// What a purchase of a crowd asked for, beside its answer.
    public struct Asked: Sendable {
        public var user: String
        public var key: String
        public var quantity: Int

        public init(user: String, key: String = "", quantity: Int = 1) {
            self.user = user
            self.key = key
            self.quantity = quantity
        }

        public func request(item: String) -> HTTPRequest {
            .purchase(item: item, user: user, quantity: quantity, key: key.isEmpty ? nil : key)
        }
    }

    /// Feeds a crowd's answers in the order in which they came.
    public mutating func record(_ answers: [Crowd.Answer], to asked: [Asked]) throws {
        let order = zip(answers, asked).sorted { $0.0.answeredAt < $1.0.answeredAt }
        for (answer, asked) in order {
            guard let reply = answer.reply else { continue }
            if reply.status == 202 || reply.status == 200 {
                let body: TicketBody = try reply.json()
                accepted(
                    user: asked.user, key: asked.key, quantity: Int64(asked.quantity), status: reply.status,
                    ticket: body.ticket, sequence: body.sequence, state: body.state, isFinal: body.final,
                    sentAt: answer.sentAt.nanoseconds, at: answer.answeredAt.nanoseconds)
            } else if let code = reply.code, !Self.isAboutTheProcess(code) {
                refused(user: asked.user, key: asked.key, code: code, sentAt: answer.sentAt.nanoseconds)
            }
        }
    }

    /// Feeds what polls showed.
    public mutating func record(_ polls: some Collection<TicketBody>) {
        for body in polls {
            saw(ticket: body.ticket, sequence: body.sequence, state: body.state, isFinal: body.final)
        }
    }

    private static func isAboutTheProcess(_ code: String) -> Bool {
        ["store-unavailable", "draining", "degraded", "rate-limited"].contains(code)
    }
}
