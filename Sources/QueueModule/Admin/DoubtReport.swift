import Base
import Domain

/// What an operator found of a purchase in doubt: the body of `POST /admin/v1/tickets/{ticket}/settle`.
struct DoubtReport: Equatable {
    private(set) var isConfirmed: Bool
    /// Reference of the order; empty for none.
    private(set) var order: String
    /// Why; of a refusal, buyers see it. Empty for none.
    private(set) var reason: String

    private struct Draft {
        var isConfirmed: Bool?
        var order = ""
        var reason = ""
    }

    private static let fields = StrictObject<Draft>([
        .init("outcome") { (json, draft) throws(JSONError) in
            switch json.copy(try json.string()) {
            case "confirmed": draft.isConfirmed = true
            case "refused": draft.isConfirmed = false
            default: throw json.failure(.mustBe("\"confirmed\" or \"refused\""))
            }
        },
        .init("order") { (json, draft) throws(JSONError) in draft.order = try note(from: &json) },
        .init("reason") { (json, draft) throws(JSONError) in draft.reason = try note(from: &json) },
    ])

    init(_ body: Span<UInt8>) throws(JSONError) {
        var draft = Draft()
        try Self.fields.read(body, into: &draft)
        guard let isConfirmed = draft.isConfirmed else { throw JSONError(.missing, field: "outcome") }
        guard isConfirmed || draft.order.isEmpty else {
            throw JSONError(.mustBe("left out where the outcome is \"refused\""), field: "order")
        }
        (self.isConfirmed, order, reason) = (isConfirmed, draft.order, draft.reason)
    }

    private static func note(from json: inout JSONReader) throws(JSONError) -> String {
        if try json.null() { return "" }
        let text = json.copy(try json.string())
        guard Limits.noteLength.contains(text.utf8.count), text.unicodeScalars.allSatisfy({ $0.value >= 0x20 }) else {
            throw json.failure(.mustBe("1 to \(Limits.noteLength.upperBound) bytes without control characters"))
        }
        return text
    }
}
