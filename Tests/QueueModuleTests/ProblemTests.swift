import Domain
import TestKit
import Testing

@testable import QueueModule

private struct Expected: Sendable {
    let problem: Problem
    let status: Int
    let code: String
    var retryAfter: Int64?  // milliseconds
    var field: String?
}

private let all: [Expected] = [
    Expected(problem: .invalidRequest("quantity is \"odd\"\n"), status: 400, code: "invalid-request"),
    Expected(problem: .unauthorized, status: 401, code: "unauthorized", field: "WWW-Authenticate: Bearer"),
    Expected(problem: .unknownItem, status: 404, code: "unknown-item"),
    Expected(problem: .unknownTicket, status: 404, code: "unknown-ticket"),
    Expected(problem: .unknownRoute, status: 404, code: "unknown-route"),
    Expected(problem: .unknownResource, status: 404, code: "unknown-resource"),
    Expected(problem: .noLeader, status: 503, code: "no-leader", retryAfter: 1_000),
    Expected(
        problem: .methodNotAllowed("GET, HEAD"), status: 405, code: "method-not-allowed", field: "Allow: GET, HEAD"),
    Expected(problem: .purchaseLimit, status: 409, code: "purchase-limit"),
    Expected(problem: .notOpen(retryAfterMilliseconds: 1), status: 409, code: "not-open", retryAfter: 1),
    Expected(problem: .notOpen(retryAfterMilliseconds: 90_001), status: 409, code: "not-open", retryAfter: 90_001),
    Expected(problem: .inProgress, status: 409, code: "in-progress"),
    Expected(problem: .alreadyFinal, status: 409, code: "already-final"),
    Expected(problem: .latePayment(isVoid: false), status: 409, code: "late-payment"),
    Expected(problem: .latePayment(isVoid: true), status: 409, code: "late-payment"),
    Expected(problem: .notReserved(isVoid: false), status: 409, code: "not-reserved"),
    Expected(problem: .notSold, status: 409, code: "not-sold"),
    Expected(problem: .notInDoubt(state: "sold"), status: 409, code: "not-in-doubt"),
    Expected(problem: .belowHeldAndSold(7), status: 409, code: "below-held-and-sold"),
    Expected(problem: .notEnded(ItemCounters()), status: 409, code: "not-ended"),
    Expected(problem: .notArchived, status: 409, code: "not-archived"),
    Expected(problem: .noArchiveFolder, status: 409, code: "no-archive-folder"),
    Expected(problem: .archiveUnderWay, status: 409, code: "archive-under-way"),
    Expected(problem: .archiveOutdated, status: 409, code: "changed-meanwhile"),
    Expected(problem: .archiveFailed("no room"), status: 500, code: "archive-failed"),
    Expected(problem: .closed, status: 410, code: "closed"),
    Expected(problem: .soldOut, status: 410, code: "sold-out"),
    Expected(problem: .lost, status: 410, code: "lost"),
    Expected(problem: .unsupportedMediaType, status: 415, code: "unsupported-media-type"),
    Expected(problem: .idempotencyMismatch, status: 422, code: "idempotency-mismatch"),
    Expected(problem: .paused, status: 503, code: "paused", retryAfter: 1_000),
    Expected(problem: .queueFull, status: 503, code: "queue-full", retryAfter: 1_000),
    Expected(problem: .storeUnavailable, status: 503, code: "store-unavailable", retryAfter: 1_000),
    Expected(problem: .outcomeUnknown, status: 503, code: "store-unavailable"),
    Expected(problem: .degraded, status: 503, code: "degraded", retryAfter: 1_000),
    Expected(problem: .draining, status: 503, code: "draining", retryAfter: 1_000),
]

@Test(arguments: all.indices)
func `every refusal is a problem document with its status, its code and its fields`(index: Int) throws {
    let expected = all[index]
    let rendered = Rendered { expected.problem.render(into: &$0) }
    #expect(rendered.status == expected.status)
    #expect(rendered.field("Content-Type") == "application/problem+json")
    #expect(rendered.field("Cache-Control") == "no-store")
    #expect(rendered.field("Retry-After") == expected.retryAfter.map { "\(($0 + 999) / 1_000)" })
    if let field = expected.field { #expect(rendered.fields.contains(field)) }
    #expect(rendered.fields.count == 2 + (expected.field == nil ? 0 : 1) + (expected.retryAfter == nil ? 0 : 1))

    let body = try rendered.json(ProblemBody.self)
    #expect(body.type == "about:blank")
    #expect(body.status == expected.status)
    #expect(body.code == expected.code)
    #expect(body.retryAfterMs == expected.retryAfter)
    #expect(body.title?.isEmpty == false && body.detail?.isEmpty == false)
}

@Test func `the detail names what a request broke, whatever stands in it`() throws {
    let why = "stock must be \u{1}\"\\ é"
    #expect(try Rendered { Problem.invalidRequest(why).render(into: &$0) }.json(ProblemBody.self).detail == why)
    let units = try Rendered { Problem.belowHeldAndSold(12).render(into: &$0) }.json(ProblemBody.self)
    #expect(units.detail?.contains("12") == true)
}

@Test func `what must not be done twice is never called safe to retry`() throws {
    let unknown = try Rendered { Problem.outcomeUnknown.render(into: &$0) }.json(ProblemBody.self)
    let away = try Rendered { Problem.storeUnavailable.render(into: &$0) }.json(ProblemBody.self)
    #expect(unknown.detail?.contains("safe") == false)
    #expect(away.detail?.contains("safe") == true)
}
