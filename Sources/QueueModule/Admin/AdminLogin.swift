import Base
import Domain
import EventLoop
import HTTPServer
import Sodium

/// Decides which request may do what: an operator's token opens everything, a scraper's token the metrics.
final class AdminLogin {
    private let parts: EndpointParts
    private let token: [UInt8]
    private let who: String
    private let metricsToken: [UInt8]?
    private var logins = LoginGuard()

    init(_ parts: EndpointParts, token: [UInt8], metricsToken: [UInt8]?) {
        (self.parts, self.token, self.metricsToken) = (parts, token, metricsToken)
        who = "admin:\(Secret.fingerprint(token))"
    }

    /// Logins that failed since the start.
    var failures: UInt64 { logins.failures }

    /// The caller, if the request has the admin token; else the request is refused.
    func caller(of request: borrowing Request, _ exchange: ExchangeID) -> Caller? {
        guard admits(request, exchange) else { return nil }
        return Caller(who: who, peer: parts.responder.peer(of: exchange)?.description ?? "unknown")
    }

    /// Whether the request has the admin token; else it is refused.
    func admits(_ request: borrowing Request, _ exchange: ExchangeID) -> Bool {
        if Secret.matches(shownToken(request), token) { return true }
        refuseLogin(exchange, isAttempt: hasCredentials(request))
        return false
    }

    /// Whether the request may read the metrics: with the admin token or a scraper's; else it is refused.
    func mayScrape(_ request: borrowing Request, _ exchange: ExchangeID) -> Bool {
        let shown = shownToken(request)
        // Both are compared, whichever matches, so that the time reveals nothing.
        let isScraper = metricsToken.map { Secret.matches(shown, $0) } ?? false
        if Secret.matches(shown, token) || isScraper { return true }
        refuseLogin(exchange, isAttempt: hasCredentials(request))
        return false
    }

    private func shownToken(_ request: borrowing Request) -> [UInt8] {
        let shown = request.withHeader(.authorization) { value -> [UInt8] in
            guard value.count > 7, value.starts(with: "Bearer ") || value.starts(with: "bearer ") else { return [] }
            return (7..<value.count).map { value[$0] }
        }
        return shown ?? []
    }

    /// A request without credentials is no attempt to log in.
    private func hasCredentials(_ request: borrowing Request) -> Bool {
        request.withHeader(.authorization) { !$0.isEmpty } ?? false
    }

    private func refuseLogin(_ exchange: ExchangeID, isAttempt: Bool) {
        guard isAttempt else { return parts.refuse(exchange, .unauthorized) }
        let (peer, now) = (parts.responder.peer(of: exchange), parts.now)
        let verdict = logins.failed(from: peer?.network ?? "unknown", now: now)
        if let failures = logins.takeReport(now: now) {
            parts.log.loginFailed(
                peer: peer?.description ?? "unknown", failures: failures, isSlowed: verdict != .refuse)
        }
        switch verdict {
        case .refuse: parts.refuse(exchange, .unauthorized)
        case .turnAway(let time): parts.refuse(exchange, .tooManyLogins(retryAfterMilliseconds: time.wholeMilliseconds))
        case .refuseLate(let time):
            parts.loop.schedule(after: time) { [weak self] in
                self?.logins.answeredLate()
                self?.parts.refuse(exchange, .unauthorized)
            }
        }
    }
}
