public import Base
public import Domain

extension Event {
    /// The event as CloudEvents 1.0 have it, one JSON object. It has no ticket: who has that can give the purchase up.
    public func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("specversion", constant: "1.0")
        json.key("id")
        var id = ByteBuffer(capacity: 128)
        cursor.append(to: &id)
        id.withSpan { json.string($0) }
        json.field("source", constant: "/sluice")
        json.field("type", constant: type.name)
        json.field("subject", cursor.item.description)
        json.field("time", time)
        json.field("datacontenttype", constant: "application/json")
        json.key("data")
        json.beginObject()
        json.field("item", cursor.item.description)
        json.field("user", user.isEmpty ? nil : user)
        json.field("sequence", type.isOfItem ? nil : sequence)
        json.field("quantity", quantity == 0 ? nil : quantity)
        json.field("attempt", attempt == 0 ? nil : attempt)
        json.field("order", order.isEmpty ? nil : order)
        json.field("reference", reference.isEmpty ? nil : reference)
        json.field("reason", reason.isEmpty ? nil : reason)
        if let isUnitReturned { json.field("unit_returned", isUnitReturned) }
        json.endObject()
        json.endObject()
    }
}
