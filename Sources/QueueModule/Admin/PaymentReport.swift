import Base
import Domain
import Store

/// What a shop reports of a payment: the body of `POST /admin/v1/tickets/{ticket}/payment`.
struct PaymentReport: Equatable {
    private(set) var outcome: Payment.Outcome
    private(set) var reference: String

    private struct Draft {
        var outcome: Payment.Outcome?
        var reference: String?
    }

    private static let fields = StrictObject<Draft>([
        .init("outcome") { (json, draft) throws(JSONError) in
            switch json.copy(try json.string()) {
            case "authorized": draft.outcome = .authorized
            case "paid": draft.outcome = .paid
            case "failed": draft.outcome = .failed
            default: throw json.failure(.mustBe("\"authorized\", \"paid\" or \"failed\""))
            }
        },
        .init("reference") { (json, draft) throws(JSONError) in draft.reference = try Reference.read(from: &json) },
    ])

    init(_ body: Span<UInt8>) throws(JSONError) {
        var draft = Draft()
        try Self.fields.read(body, into: &draft)
        guard let outcome = draft.outcome else { throw JSONError(.missing, field: "outcome") }
        guard let reference = draft.reference else { throw JSONError(.missing, field: "reference") }
        (self.outcome, self.reference) = (outcome, reference)
    }
}

/// What a shop reports of a refund: the body of `POST /admin/v1/tickets/{ticket}/refund`.
struct RefundReport: Equatable {
    private(set) var reference: String
    private(set) var returnsUnit: Bool

    private struct Draft {
        var reference: String?
        var returnsUnit: Bool?
    }

    private static let fields = StrictObject<Draft>([
        .init("reference") { (json, draft) throws(JSONError) in draft.reference = try Reference.read(from: &json) },
        .init("return_unit") { (json, draft) throws(JSONError) in draft.returnsUnit = try json.bool() },
    ])

    init(_ body: Span<UInt8>) throws(JSONError) {
        var draft = Draft()
        try Self.fields.read(body, into: &draft)
        guard let reference = draft.reference else { throw JSONError(.missing, field: "reference") }
        guard let returnsUnit = draft.returnsUnit else { throw JSONError(.missing, field: "return_unit") }
        (self.reference, self.returnsUnit) = (reference, returnsUnit)
    }
}

/// The shop's name for a payment or a refund, by which a repeated report is known.
private enum Reference {
    static func read(from json: inout JSONReader) throws(JSONError) -> String {
        let text = json.copy(try json.string())
        guard Limits.referenceLength.contains(text.utf8.count), text.utf8.areVisibleASCII
        else {
            let most = Limits.referenceLength.upperBound
            throw json.failure(.mustBe("1 to \(most) printable ASCII characters without spaces"))
        }
        return text
    }
}
