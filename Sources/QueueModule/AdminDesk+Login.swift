import Base
import Domain
import EventLoop
import HTTPServer
import Sodium

// Who may ask for what: health is for everybody who reaches this listener, figures for whoever holds their token.
extension AdminDesk {
    /// Who asks, if the admin token came with the request; else the request is refused.
    func caller(of request: borrowing Request, _ exchange: ExchangeID) -> Caller? {
        let shown = shownToken(request)
        guard Secret.matches(shown, token) else {
            refuseLogin(exchange, isAttempt: hasCredentials(request))
            return nil
        }
        return Caller(
            who: "admin:\(Secret.fingerprint(token))", peer: peer(of: exchange)?.description ?? "unknown")
    }

    /// Whether the figures may be told: to operators, and to a scraper with its own token; else the request is refused.
    func mayScrape(_ request: borrowing Request, _ exchange: ExchangeID) -> Bool {
        let shown = shownToken(request)
        // Both are compared, whichever fits, so that the time tells nothing.
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

    /// Who shows nothing has not tried to get in.
    private func hasCredentials(_ request: borrowing Request) -> Bool {
        request.withHeader(.authorization) { !$0.isEmpty } ?? false
    }

    private func refuseLogin(_ exchange: ExchangeID, isAttempt: Bool) {
        guard isAttempt else { return refuse(exchange, .unauthorized) }
        let (peer, now) = (peer(of: exchange), door.loop.now)
        let verdict = logins.failed(from: peer?.network ?? "unknown", now: now)
        if let failures = logins.takeReport(now: now) {
            door.log.loginFailed(
                peer: peer?.description ?? "unknown", failures: failures, isSlowed: verdict != .refuse)
        }
        switch verdict {
        case .refuse: refuse(exchange, .unauthorized)
        case .turnAway(let time): refuse(exchange, .tooManyLogins(retryAfterMilliseconds: time.wholeMilliseconds))
        case .refuseLate(let time):
            door.loop.schedule(after: time) { [weak self] in
                self?.logins.answeredLate()
                self?.refuse(exchange, .unauthorized)
            }
        }
    }

    /// What a caller changed of an item.
    func audit(_ caller: Caller, _ action: String, _ name: ItemName, before: ItemSnapshot?, after: ItemSnapshot?) {
        let change = AuditedSettings.difference(before, after)
        door.log.audit(
            AuditEntry(
                action: action, item: name.description, who: caller.who, peer: caller.peer,
                before: change.before ?? (action == "create" ? "none" : nil), after: change.after))
    }

    /// What a caller may have changed: the store did not say.
    func auditUncertain(_ caller: Caller, _ action: String, _ name: ItemName) {
        door.log.audit(
            AuditEntry(
                action: action, item: name.description, who: caller.who, peer: caller.peer, isCertain: false))
    }
}
