import Base
import Domain
import EventLoop
import HTTPServer
import Sodium

/// Decides which request may do what: the token of the start opens everything, an operator's what its role and items
/// say, a scraper's the metrics.
final class AdminLogin {
    private let parts: EndpointParts
    private let token: [UInt8]
    private let who: String
    private let metricsToken: [UInt8]?
    private let book: OperatorBook
    private var logins = LoginGuard()

    init(_ parts: EndpointParts, token: [UInt8], metricsToken: [UInt8]?, book: OperatorBook) {
        (self.parts, self.token, self.metricsToken, self.book) = (parts, token, metricsToken, book)
        who = "admin:\(Secret.fingerprint(token))"
    }

    /// Logins that failed since the start.
    var failures: UInt64 { logins.failures }

    /// The caller, if the request has a token that opens what it needs; else the request is refused.
    func caller(of request: borrowing Request, _ exchange: ExchangeID, _ need: OperatorNeed) -> Caller? {
        guard let access = access(of: request, exchange, need) else { return nil }
        return Caller(
            access: access, who: name(access),
            peer: parts.responder.peer(of: exchange)?.description ?? "unknown")
    }

    private func name(_ access: Access) -> String {
        switch access {
        case .root: who
        case .token(let token): "\(token.role.rawValue):\(token.id)"
        }
    }

    /// What the request's token opens, if that is what it needs; else the request is refused.
    func access(of request: borrowing Request, _ exchange: ExchangeID, _ need: OperatorNeed) -> Access? {
        let shown = shownToken(request)
        guard !Secret.matches(shown, token) else { return .root }
        switch book.find(shown) {
        case .found(let token):
            if token.permits(need) { return .token(token) }
            parts.refuse(exchange, .forbiddenRole(need))
        case .notKnownYet: parts.refuse(exchange, .storeUnavailable)
        case .unknown: refuseLogin(exchange, isAttempt: hasCredentials(request))
        }
        return nil
    }

    /// Whether the request may read the metrics: with a token of an operator or a scraper's; else it is refused.
    func mayScrape(_ request: borrowing Request, _ exchange: ExchangeID) -> Bool {
        if let metricsToken, Secret.matches(shownToken(request), metricsToken) { return true }
        return access(of: request, exchange, OperatorNeed(.viewer)) != nil
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
