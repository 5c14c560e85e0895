import Base
import Domain
import RedisClient

extension Store.EventSlice {
    /// From the reply of events.lua; nil where it does not add up.
    init?(_ reply: ScriptReply, of item: ItemName) {
        guard let incarnation = reply.incarnation(1), let isThere = reply.integer(2), let trimmed = reply.id(3),
            let id = reply.id(4), let place = reply.integer(5), let more = reply.integer(6),
            let entries = reply.array(7), entries.count % 2 == 0, let orders = reply.array(8),
            let reasons = reply.array(9), let references = reply.array(10)
        else { return nil }
        var unpacker = EventUnpacker(item: item, incarnation: incarnation, orders, reasons, references)
        for at in stride(from: 0, to: entries.count, by: 2) {
            guard let id = entries[at].id, let runs = entries[at + 1].bytes, unpacker.add(id, runs) else { return nil }
        }
        self.init(
            incarnation: incarnation, isPositionThere: isThere == 1, trimmed: trimmed,
            position: LedgerPosition(id: id, place: place), isMoreLeft: more == 1, events: unpacker.events)
    }
}

/// Makes events of the runs of one reply, and gives each what was looked up for it, in turn.
private struct EventUnpacker {
    private let item: ItemName
    private let incarnation: UInt64
    private let orders: [RedisValue]
    private var reasons: ArraySlice<RedisValue>
    private var references: ArraySlice<RedisValue>
    private(set) var events: [Event] = []

    init(
        item: ItemName, incarnation: UInt64, _ orders: [RedisValue], _ reasons: [RedisValue], _ references: [RedisValue]
    ) {
        self.item = item
        self.incarnation = incarnation
        self.orders = orders
        self.reasons = reasons[...]
        self.references = references[...]
    }

    /// False where the reply is damaged.
    mutating func add(_ id: LedgerID, _ runs: [UInt8]) -> Bool {
        guard runs.count % RunOfEvents.length == 0 else { return false }
        for at in stride(from: 0, to: runs.count, by: RunOfEvents.length) {
            func number(_ range: Range<Int>) -> Int64 { range.reduce(0) { $0 << 8 | Int64(runs[at + $1]) } }
            guard let kind = LedgerKind(rawValue: runs[at + 2]), let type = kind.event else { return false }
            let (place, first, count) = (number(0..<2), number(6..<10), number(10..<14))
            guard count <= Limits.eventsRead else { return false }
            for offset in 0..<count {
                var event = Event(
                    cursor: EventCursor(
                        item: item, incarnation: incarnation,
                        position: LedgerPosition(id: id, place: place + offset)),
                    type: type, sequence: type.isOfItem ? 0 : first + offset, attempt: number(3..<4),
                    quantity: number(4..<6))
                if !complete(&event, kind) { return false }
                events.append(event)
            }
        }
        return true
    }

    private mutating func complete(_ event: inout Event, _ kind: LedgerKind) -> Bool {
        if !orders.isEmpty {
            guard events.count < orders.count else { return false }
            event.order = orders[events.count].text
        }
        switch kind {
        case .refused:
            guard let reason = reasons.popFirst() else { return false }
            event.reason = reason.text
        case .paid, .refundDue:
            guard let reference = references.popFirst() else { return false }
            event.reference = reference.text
        case .returned, .refunded:
            guard let refund = references.popFirst() else { return false }
            event.reference = refund.bytes.flatMap { Refund($0) }?.reference ?? ""
            event.isUnitReturned = kind == .returned
        default: break
        }
        return true
    }
}

extension ScriptReply {
    fileprivate func id(_ index: Int) -> LedgerID? { index < values.count ? values[index].id : nil }
}

extension RedisValue {
    fileprivate var id: LedgerID? { bytes.flatMap { LedgerID(String(decoding: $0, as: UTF8.self)) } }
    fileprivate var text: String { bytes.map { String(decoding: $0, as: UTF8.self) } ?? "" }
}
