import Base
import Testing

@testable import OrderServiceModule

// The example of the Standard Webhooks specification.
private let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
private let id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
private let sent: Int64 = 1_614_265_330
private let body = #"{"test": 2432232314}"#
private let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

private func verdict(
    id: String = id, timestamp: String = "\(sent)", signature: String = signature, body: String = body,
    now: Int64 = sent
) throws -> WebhookCheck.Verdict {
    let check = WebhookCheck(secret: try #require(WebhookCheck.secret(secret)))
    let (idBytes, time, code, text) = (Array(id.utf8), Array(timestamp.utf8), Array(signature.utf8), Array(body.utf8))
    return check.verdict(
        id: idBytes.span, timestamp: time.span, signature: code.span, body: text.span,
        now: WallInstant(milliseconds: now * 1_000))
}

@Test func `the specification's example is genuine, alone and among others`() throws {
    #expect(try verdict() == .genuine)
    #expect(try verdict(signature: "v1a,aaaa v1,AAAA \(signature)") == .genuine)
}

@Test func `whatever is changed is forged`() throws {
    #expect(try verdict(id: id + "x") == .forged)
    #expect(try verdict(timestamp: "\(sent + 1)") == .forged)
    #expect(try verdict(body: body + " ") == .forged)
    #expect(try verdict(signature: signature.replacing("g0", with: "h0")) == .forged)
    #expect(try verdict(signature: String(signature.dropFirst(3))) == .forged)
    #expect(try verdict(signature: "v1," + String(repeating: "A", count: 40)) == .forged)
    #expect(try verdict(signature: "") == .forged)
    // A dot that moves from one part to the other leaves the signed text as it is, but is no number any more.
    #expect(try verdict(id: "msg", timestamp: "p.\(sent)") == .unsigned)
}

@Test func `five minutes are borne on both sides and no second more`() throws {
    #expect(try verdict(now: sent + 300) == .genuine)
    #expect(try verdict(now: sent - 300) == .genuine)
    #expect(try verdict(now: sent + 301) == .stale)
    #expect(try verdict(now: sent - 301) == .stale)
    #expect(try verdict(timestamp: "\(Int64.min)") == .stale)
    #expect(try verdict(timestamp: "now") == .unsigned)
}

@Test func `a secret is whsec and base64, or 64 hex digits`() {
    #expect(WebhookCheck.secret(secret + "\n")?.count == 24)
    #expect(WebhookCheck.secret(String(repeating: "0fA9", count: 16))?.prefix(2) == [0x0F, 0xA9])
    for text in ["", "whsec_", "whsec_AAAA", "whsec_" + String(repeating: "A", count: 31), "secret"] {
        #expect(WebhookCheck.secret(text) == nil, "\(text)")
    }
    #expect(WebhookCheck.secret(String(repeating: "g", count: 64)) == nil)
    #expect(WebhookCheck.secret(secret + " " + secret) == nil)
}
