/// What a buyer may send.
public enum Ask: UInt64, Sendable {
    /// The first purchase, and its retries.
    case press
    /// The same purchase once more, with the same key.
    case pressAgain
    /// A read of the ticket.
    case poll
    /// After all final answers: is it still so? A buyer who pressed twice presses once more, the others poll.
    case review
}

/// An answer as a buyer understands it, with what the contract forbids about it.
public struct Answer: Sendable, Equatable {
    public enum Meaning: Sendable, Equatable {
        /// `isNew`: a place was given (202); otherwise it was there before (200).
        case ticket(TicketBody, isNew: Bool)
        /// Not now: come back.
        case later(after: Nanoseconds, code: String)
        /// Nothing left, or no more buyers taken: final for a buyer without a ticket.
        case over(code: String)
        /// Nothing that the contract allows here; the buyer gives up.
        case wrong
    }

    public var meaning: Meaning
    /// What is against the contract, nil when nothing is.
    public var complaint: String?

    public init(_ meaning: Meaning, complaint: String? = nil) {
        self.meaning = meaning
        self.complaint = complaint
    }

    private static let patience = Nanoseconds.seconds(1)  // where a refusal names no pause
    private static let longest = Nanoseconds.seconds(60)

    /// - Parameter isPurchase: whether a POST was sent, otherwise a GET of a ticket.
    public init(to isPurchase: Bool, _ response: Response) {
        do throws(MalformedJSON) {
            if response.status == 200 || response.status == 202 {
                self = try Self.ticket(isPurchase, response)
            } else {
                self = try Self.refusal(isPurchase, response)
            }
        } catch {
            self.init(.wrong, complaint: "\(response.status): \(error.description)")
        }
    }

    private static func ticket(_ isPurchase: Bool, _ response: Response) throws(MalformedJSON) -> Answer {
        let body = try TicketBody(json: response.body)
        let isNew = response.status == 202
        var answer = Answer(.ticket(body, isNew: isNew))
        if !isPurchase, isNew {
            answer.complaint = "202 to a poll"
        } else if isPurchase, response.isReplay == isNew {
            answer.complaint = "\(response.status) with Idempotency-Replayed \(response.isReplay)"
        } else if isNew, response.location != "/v1/tickets/\(body.ticket)" {
            answer.complaint = "Location \(response.location ?? "missing") for ticket \(body.ticket)"
        } else if response.contentType?.hasPrefix("application/json") != true {
            answer.complaint = "\(response.status) of type \(response.contentType ?? "none")"
        }
        return answer
    }

    private static func refusal(_ isPurchase: Bool, _ response: Response) throws(MalformedJSON) -> Answer {
        let problem = try JSONObject(response.body)
        guard let code = try problem.text("code") else { throw MalformedJSON("a problem without a code") }
        var answer = Answer(.wrong)
        switch (response.status, code) {
        case (503, _), (429, _),
            (409, "not-open") where isPurchase:
            let seconds = response.retryAfterSeconds.map { Nanoseconds.seconds($0) }
            let given = try problem.integer("retry_after_ms").map { Nanoseconds.milliseconds($0) } ?? seconds
            answer.meaning = .later(after: min(longest, max(.milliseconds(1), given ?? patience)), code: code)
            if seconds == nil { answer.complaint = "\(response.status) \(code) without Retry-After" }
        case (410, "sold-out") where isPurchase, (410, "closed") where isPurchase:
            answer.meaning = .over(code: code)
        default:
            answer.complaint = "\(response.status) \(code) to a \(isPurchase ? "purchase" : "poll")"
        }
        if answer.complaint == nil, response.contentType?.hasPrefix("application/problem+json") != true {
            answer.complaint = "\(response.status) of type \(response.contentType ?? "none")"
        }
        return answer
    }
}
