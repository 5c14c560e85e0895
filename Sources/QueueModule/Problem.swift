import Base
import Domain
import HTTPServer

/// Every refusal of a client, as RFC 9457 has it. `code` is stable; clients branch on it.
enum Problem: Equatable {
    case invalidRequest(String)
    case unsupportedMediaType
    case unknownItem, unknownTicket, unknownRoute
    /// No worker and no group of this name is known to the leading scheduler.
    case unknownResource
    case noLeader
    case unknownWebhook, webhookLimit
    case unknownToken, tokenLimit
    /// What the call needs.
    case forbiddenRole(OperatorNeed)
    case methodNotAllowed(String)
    case idempotencyMismatch
    case purchaseLimit
    case closed, soldOut
    case notOpen(retryAfterMilliseconds: Int64)
    case paused, queueFull
    case storeUnavailable, degraded, draining
    case tooManyStreams(retryAfterMilliseconds: Int64)
    /// It is unknown whether the store did what must not be done twice.
    case outcomeUnknown
    case lost
    case inProgress, alreadyFinal
    /// The money came too late, or for what is not to be paid; what is only set aside is to be voided.
    case latePayment(isVoid: Bool)
    case notReserved(isVoid: Bool)
    case notSold
    /// An operator can't end it: it is in another state.
    case notInDoubt(state: String)
    case unauthorized
    /// A form that a page of another site sent.
    case otherOrigin
    case tooManyLogins(retryAfterMilliseconds: Int64)
    case belowHeldAndSold(Int64)
    /// The key of an operator's call was used for another one.
    case keyUsed
    /// `If-Match` names no such item.
    case changedMeanwhile
    case closesBeforeItOpens
    case stockLimit(room: Int64)
    case nothingToResume
    /// It is not closed, or purchases wait, or units are held.
    case notEnded(ItemCounters)
    case notArchived
    case noArchiveFolder
    /// This process archives an item already.
    case archiveUnderWay
    /// The item changed while it was archived.
    case archiveOutdated
    case archiveFailed(String)
    /// The store lost an item of this name; so many units of it are remembered as sold or held.
    case itemLost(Int64)
    /// Events behind the cursor are there no more; reading can go on behind the oldest cursor.
    case eventsGone(oldest: String?)

    var status: Int { facts.status }
    var code: StaticString { facts.code }

    private var facts: (status: Int, code: StaticString, title: StaticString) {
        switch self {
        case .invalidRequest: (400, "invalid-request", "The request is not valid")
        case .unauthorized: (401, "unauthorized", "A valid admin token is needed")
        case .otherOrigin: (403, "other-origin", "A form of another site can't buy here")
        case .tooManyLogins: (429, "rate-limited", "Too many logins failed")
        case .unknownItem: (404, "unknown-item", "There is no such item")
        case .unknownTicket: (404, "unknown-ticket", "There is no such ticket")
        case .unknownRoute: (404, "unknown-route", "There is nothing at this path")
        case .unknownResource: (404, "unknown-resource", "There is no such worker or group")
        case .noLeader: (503, "no-leader", "No scheduler leads")
        case .unknownWebhook: (404, "unknown-webhook", "There is no such webhook")
        case .webhookLimit: (409, "webhook-limit", "There are as many webhooks as there may be")
        case .unknownToken: (404, "unknown-token", "There is no such token")
        case .tokenLimit: (409, "token-limit", "There are as many tokens as there may be")
        case .forbiddenRole: (403, "forbidden-role", "This token does not open that")
        case .methodNotAllowed: (405, "method-not-allowed", "This method is not for this path")
        case .purchaseLimit: (409, "purchase-limit", "This user has as many purchases of this item as are allowed")
        case .notOpen: (409, "not-open", "The sale has not opened yet")
        case .inProgress: (409, "in-progress", "The order is being placed")
        case .alreadyFinal: (409, "already-final", "The purchase has ended")
        case .latePayment: (409, "late-payment", "The payment came too late")
        case .notReserved: (409, "not-reserved", "The purchase is not reserved")
        case .notSold: (409, "not-sold", "The purchase is not sold")
        case .notInDoubt: (409, "not-in-doubt", "The purchase is not in doubt")
        case .belowHeldAndSold: (409, "below-held-and-sold", "The stock can't be below what is held and sold")
        case .notEnded: (409, "not-ended", "The sale has not ended")
        case .notArchived: (409, "not-archived", "The item is not archived")
        case .noArchiveFolder: (409, "no-archive-folder", "This process has no folder for archives")
        case .archiveUnderWay: (409, "archive-under-way", "This process archives an item already")
        case .archiveOutdated: (409, "changed-meanwhile", "The item changed while it was archived")
        case .archiveFailed: (500, "archive-failed", "The archive could not be written, or is not right")
        case .itemLost: (409, "item-lost", "The store lost an item of this name")
        case .closed: (410, "closed", "The sale is closed")
        case .soldOut: (410, "sold-out", "Sold out")
        case .lost: (410, "lost", "The record of this ticket was lost")
        case .eventsGone: (410, "gone", "Events behind this cursor are not kept any more")
        case .unsupportedMediaType: (415, "unsupported-media-type", "The body must be application/json")
        case .idempotencyMismatch: (422, "idempotency-mismatch", "This key was used for another quantity")
        case .keyUsed: (422, "idempotency-mismatch", "This key was used for another call")
        case .changedMeanwhile: (412, "precondition-failed", "The item is not the one that If-Match names")
        case .closesBeforeItOpens: (409, "closes-before-it-opens", "The sale would close before it opens")
        case .stockLimit: (409, "stock-limit", "That is more stock than an item can have")
        case .nothingToResume: (409, "nothing-to-resume", "Nothing is paused or on hold, and the sale is closed")
        case .paused: (503, "paused", "The sale is paused")
        case .queueFull: (503, "queue-full", "The queue is full")
        case .storeUnavailable: (503, "store-unavailable", "The store can't be reached")
        case .outcomeUnknown: (503, "store-unavailable", "The store did not answer in time")
        case .degraded: (503, "degraded", "The service is degraded")
        case .draining: (503, "draining", "This process is about to stop")
        case .tooManyStreams: (503, "too-many-streams", "As many streams are open as there may be")
        }
    }

    private var detail: String {
        switch self {
        case .invalidRequest(let why): why
        case .belowHeldAndSold(let units): "\(units) units are held or sold already"
        case .keyUsed: "Another call of the last 24 hours had it; a new call needs a new key."
        case .changedMeanwhile: "Somebody changed it, or it is gone: look at it again before you change it."
        case .closesBeforeItOpens:
            "closes_at must be after opens_at, also after one that was set before; null takes a time away"
        case .stockLimit(let room):
            "An item can have \(Limits.stock.upperBound) units; \(room) more can be added. Nothing was added."
        case .nothingToResume: "A closed sale is not opened again by resume. Who waits is served."
        case .latePayment(isVoid: true), .notReserved(isVoid: true):
            "Nothing is bought by it: void the authorization, no money has moved."
        case .latePayment: "The time to pay is over, or the buyer left: what was paid is to be paid back."
        case .notReserved:
            "It waits, was never won, or another payment bought it: what was paid for it is to be paid back."
        case .notSold: "There is nothing to pay back: look at the ticket."
        case .notInDoubt(state: "processing"):
            "A worker calls for its order at this moment: look at the ticket again before you decide."
        case .notInDoubt(let state): "It is \(state): nothing was changed."
        case .itemLost(let units):
            "the store was emptied; \(units) units of it are remembered as sold or held. Lower the stock by what was"
                + " sold and make it with as_new=true (sluice item put --as-new)"
        case .notEnded(let counters):
            "close it first (sluice item close); \(counters.waiting) purchases wait and \(counters.held) units are"
                + " held. force=true deletes it all the same"
        case .notArchived:
            "No archive of what it is now was made: POST …/archive (sluice item archive), or force=true and lose its"
                + " books"
        case .noArchiveFolder: "Start it with --archive-dir (SLUICE_ARCHIVE_DIR)."
        case .archiveUnderWay: "One at a time: repeat the call when it is done."
        case .archiveOutdated: "Nothing was noted; repeat the call."
        case .archiveFailed(let reason): "\(reason). Nothing was noted, and the item is as it was."
        case .methodNotAllowed(let allowed): "allowed: \(allowed)"
        case .notOpen: "Come back when it opens; the place in the queue is not given before."
        case .paused: "Places are kept; new purchases are taken when the sale resumes."
        case .queueFull: "More buyers wait than there are places; places may become free."
        case .storeUnavailable: "Nothing is known to have been accepted; repeating the request is safe."
        case .outcomeUnknown:
            "It may have been done: look at the item before you repeat it, or use an Idempotency-Key."
        case .degraded: "The item can't be sold right now; repeating the request is safe."
        case .draining: "Another process takes over; repeat the request."
        case .tooManyStreams: "Poll the ticket, or come back later; nobody who has a stream loses it to another."
        case .purchaseLimit: "Location names the ticket that holds the place, where one does."
        case .unknownResource: "GET /admin/v1/nodes lists them under resources of the scheduler that leads."
        case .webhookLimit: "There may be \(Limits.webhooks); delete one first."
        case .tokenLimit: "There may be \(Limits.operatorTokens); revoke one first."
        case .forbiddenRole(let need):
            "It takes the role \(need.role.rawValue)"
                + (need.place == .everything ? ", of all items." : " or above, of this item.")
        case .noLeader: "Nothing was changed; look at the schedulers, then repeat the request."
        case .lost: "The store came back without it. The seller has been told."
        case .eventsGone: "Read on behind `oldest`; what came before it can be seen in the tickets alone."
        default: "\(facts.title)"
        }
    }

    /// When a retry makes sense, milliseconds; nil when it makes none.
    private var retryAfterMilliseconds: Int64? {
        switch self {
        case .notOpen(let time), .tooManyLogins(let time), .tooManyStreams(let time): time
        case .paused, .queueFull, .degraded, .storeUnavailable, .draining, .noLeader: 1_000
        default: nil
        }
    }

    /// Whether money that was set aside is to be let go.
    private var isVoid: Bool {
        switch self {
        case .latePayment(let isVoid), .notReserved(let isVoid): isVoid
        default: false
        }
    }

    func render(into response: inout Response) {
        response.status = status
        response.contentType("application/problem+json")
        response.field("Cache-Control: no-store")
        if case .unauthorized = self { response.field("WWW-Authenticate: Bearer") }
        if case .methodNotAllowed(let allowed) = self { response.field("Allow: ", allowed) }
        if let retry = retryAfterMilliseconds { response.field("Retry-After: ", Int((retry + 999) / 1_000)) }
        response.body.appendJSON { write(to: &$0) }
    }

    /// - Parameter ticket: the one that it is about, of several; empty where that is clear.
    func write(to json: inout JSONWriter, ticket: [UInt8] = []) {
        let (status, code, title) = facts
        json.beginObject()
        json.field("type", constant: "about:blank")
        json.field("title", constant: title)
        json.field("status", Int64(status))
        json.field("detail", detail)
        json.field("code", constant: code)
        if let retry = retryAfterMilliseconds { json.field("retry_after_ms", retry) }
        if case .notInDoubt(let state) = self { json.field("state", state) }
        if isVoid { json.field("decision", constant: "void") }
        if case .eventsGone(let oldest) = self { json.field("oldest", oldest) }
        if !ticket.isEmpty {
            json.key("ticket")
            json.string(ticket.span)
        }
        json.endObject()
    }
}

extension Problem {
    static var stockMissing: Problem { .invalidRequest("stock is missing: a new item needs one") }
}
