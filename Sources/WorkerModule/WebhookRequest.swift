import Base
import Domain
import OutboundHTTP
import Sodium
import Store

/// The call that places one order, as the contract has it.
enum WebhookRequest {
    /// `{"type":"order.place", …}`, the same for every call of one attempt.
    static func body(_ order: PlacedOrder, ticket: String) -> [UInt8] {
        var buffer = ByteBuffer(capacity: 512)
        buffer.appendJSON { json in
            json.beginObject()
            json.field("type", constant: "order.place")
            json.field("ticket", ticket)
            json.field("item", order.item.description)
            json.field("user", order.record.user)
            json.field("quantity", order.record.quantity)
            json.field("sequence", order.record.sequence)
            json.field("attempt", order.record.attempt)
            json.field("admitted_at", order.record.admittedAt)
            json.endObject()
        }
        return buffer.bytes
    }

    /// Signed anew for each call: receivers refuse old timestamps.
    static func make(
        ticket: String, body: [UInt8], settings: WebhookSink.Settings, now: WallInstant
    ) -> OutboundRequest {
        let timestamp = now.milliseconds / 1_000
        let signature = WebhookSignature.make(id: ticket, timestamp: timestamp, body: body, key: settings.key)
        return OutboundRequest(
            url: settings.url,
            fields: [
                "Content-Type: application/json", "Accept: application/json", "User-Agent: sluice",
                "webhook-id: \(ticket)", "webhook-timestamp: \(timestamp)", "webhook-signature: \(signature)",
            ], body: body, deadline: settings.timeout)
    }
}
