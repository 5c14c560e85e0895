import Base
import Domain
import Store
import Testing

@testable import SchedulerModule

private func event(_ type: EventType, sequence: Int64) throws -> Event {
    let cursor = EventCursor(
        item: try #require(ItemName("lamp")), incarnation: 7,
        position: LedgerPosition(id: LedgerID(time: 1_700_000_000_000, number: 3), place: 2))
    return Event(cursor: cursor, type: type, sequence: sequence, attempt: 1, quantity: 2)
}

@Test func `an event is sent as it stands in the feed, with the time that Standard Webhooks have`() throws {
    var sold = try event(.sold, sequence: 17)
    sold.user = "ann"
    let sent = ShopEvent(sold)
    #expect(sent.id == sold.cursor.text && sent.type == "sluice.ticket.sold" && sent.lane == "lamp/7/17")
    let text = String(decoding: sent.body, as: UTF8.self)
    var buffer = ByteBuffer(capacity: 1_024)
    buffer.appendJSON { json in sold.write(to: &json) }
    let plain = String(decoding: buffer.bytes, as: UTF8.self)
    #expect(text == #"{"timestamp":"2023-11-14T22:13:20.000Z","# + plain.dropFirst())
    #expect(ShopEvent(try event(.itemSoldOut, sequence: 0)).lane == "lamp/7/0")
}

@Test func `the longest event is shorter than Standard Webhooks want`() throws {
    var event = try event(.refunded, sequence: Limits.sequence.upperBound)
    event.user = String(repeating: "\"", count: Limits.userLength)
    event.reference = String(repeating: "\\", count: Limits.referenceLength.upperBound)
    event.order = String(repeating: "\u{1}", count: 256)
    event.reason = String(repeating: "\u{1}", count: 256)
    #expect(ShopEvent(event).body.count < Limits.webhookBody)
}
