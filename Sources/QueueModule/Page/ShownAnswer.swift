import Base

/// What an answer of the API says of a ticket, or why it refuses, for a page without JavaScript.
struct ShownAnswer: Equatable {
    private(set) var texts: [String: String] = [:]
    private(set) var numbers: [String: Int64] = [:]
    private(set) var isFinal = false

    /// Nil where the body is not one of ours.
    init?(_ body: Span<UInt8>) {
        do throws(JSONError) {
            self = try JSONReader.read(body) { (json) throws(JSONError) in
                var answer = ShownAnswer()
                try answer.readObject(&json)
                return answer
            }
        } catch { return nil }
    }

    private init() {}

    private mutating func readObject(_ json: inout JSONReader) throws(JSONError) {
        try json.beginObject()
        while let key = try json.nextKey() {
            let name = json.copy(key)
            if try json.null() { continue }
            switch name {
            case "ticket", "item", "state", "verdict", "order", "reason", "expires_at", "code", "title":
                texts[name] = json.copy(try json.string())
            case "position", "ahead", "p50_ms", "p90_ms", "poll_after_ms", "retry_after_ms", "quantity":
                numbers[name] = try json.integer()
            case "eta", "message": try readNested(name, &json)
            case "final": isFinal = try json.bool()
            default: try json.skip()
            }
        }
    }

    /// Reads the operator's message in each language under the names `message.en` and `message.zh`.
    private mutating func readNested(_ name: String, _ json: inout JSONReader) throws(JSONError) {
        if name == "eta" { return try readObject(&json) }
        try json.beginObject()
        while let key = try json.nextKey() {
            let language = json.copy(key)
            if try json.null() { continue }
            texts["message.\(language)"] = json.copy(try json.string())
        }
    }
}
