import Base
import Domain
import OutboundHTTP

/// An order service's answer to one purchase.
enum WebhookAnswer: Equatable {
    case confirmed(order: String)
    case refused(reason: String)
    /// There is no room for it now.
    case busy(retryAfter: TimeSpan?)
    /// What it did is unknown; why, for the log.
    case unknown(String)

    /// Strict: what is not in the contract is unknown, so no unit is given back by mistake.
    init(_ result: OutboundResult) {
        switch result {
        case .failure(.notSent(let why)), .failure(.outcomeUnknown(let why)): self = .unknown(why)
        case .success(let reply):
            switch reply.status {
            case 200, 201: self = Self.read(reply)
            case 429, 503: self = .busy(retryAfter: reply.retryAfter)
            default: self = .unknown("status \(reply.status)")
            }
        }
    }

    private struct Fields {
        var status = ""
        var order: String?
        var reason: String?
    }

    private static func read(_ reply: OutboundReply) -> WebhookAnswer {
        let fields: Fields
        do throws(JSONError) {
            fields = try JSONReader.read(reply.body.span) { (json) throws(JSONError) in try read(&json) }
        } catch {
            return .unknown("status \(reply.status) with another body than the contract's")
        }
        switch fields.status {
        case "confirmed":
            guard let order = fields.order, Limits.noteLength.contains(order.utf8.count) else {
                return .unknown("confirmed without an order of 1 to \(Limits.noteLength.upperBound) bytes")
            }
            return .confirmed(order: order)
        case "refused" where reply.status == 200:
            return .refused(reason: cut(fields.reason ?? ""))
        default: return .unknown("status \(reply.status) with another body than the contract's")
        }
    }

    private static func read(_ json: inout JSONReader) throws(JSONError) -> Fields {
        var fields = Fields()
        var seen = JSONSeenFields()
        try json.beginObject()
        while let key = try json.nextKey() {
            if try json.matches(key, "status", once: 0, in: &seen) {
                fields.status = json.copy(try json.string())
            } else if try json.matches(key, "order", once: 1, in: &seen) {
                fields.order = try json.null() ? nil : json.copy(try json.string())
            } else if try json.matches(key, "reason", once: 2, in: &seen) {
                fields.reason = try json.null() ? nil : json.copy(try json.string())
            } else {
                try json.skip()
            }
        }
        return fields
    }

    /// At most `Limits.noteLength` bytes of whole characters.
    private static func cut(_ text: String) -> String {
        let most = Limits.noteLength.upperBound
        guard text.utf8.count > most else { return text }
        var kept = ""
        for character in text where kept.utf8.count + character.utf8.count <= most { kept.append(character) }
        return kept
    }
}
