import Base
import Domain
import OutboundHTTP
import Sodium
import Store

/// One delivery as it is sent: by the specification of Standard Webhooks, signed with every secret that is valid.
enum WebhookMessage {
    static func make(
        _ event: ShopEvent, to url: String, secrets: [String], now: WallInstant
    ) -> OutboundRequest {
        let timestamp = now.milliseconds / 1_000
        let signatures = secrets.compactMap(key).map {
            WebhookSignature.make(id: event.id, timestamp: timestamp, body: event.body, key: $0)
        }
        return OutboundRequest(
            url: url,
            fields: [
                "Content-Type: application/json", "Accept: application/json", "User-Agent: sluice",
                "webhook-id: \(event.id)", "webhook-timestamp: \(timestamp)",
                "webhook-signature: \(signatures.joined(separator: " "))",
            ], body: event.body, deadline: Limits.webhookTimeout)
    }

    /// Nil for what is none of our secrets.
    private static func key(_ secret: String) -> [UInt8]? {
        secret.hasPrefix("whsec_") ? Base64.decode(secret.dropFirst(6)) : nil
    }

    static func outcome(_ result: OutboundResult) -> WebhookDelivery.Outcome {
        switch result {
        case .failure(.notSent(let why)), .failure(.outcomeUnknown(let why)): .failed(reason: why)
        case .success(let reply):
            switch reply.status {
            case 200..<300: .delivered
            case 410: .gone
            case 429:
                .failed(reason: "status 429", isThrottled: true, retryAfter: reply.retryAfter)
            case 503: .failed(reason: "status 503", retryAfter: reply.retryAfter)
            default: .failed(reason: "status \(reply.status)")
            }
        }
    }
}
