import Base
import Domain
import HTTPServer

/// Shows the circuit breaker and lets an operator set it, over the ops listener.
struct BreakerSwitch {
    let breaker: BreakerDriver

    struct Change: Equatable {
        var mode: CircuitBreaker.Mode?
        var isOpen: Bool?
    }

    /// Answers `PUT /ops/v1/breaker {"mode":"manual","state":"open"}`, where a field left out keeps its value, and
    /// `GET`; false for anything else. A state can be set in the mode `manual` only.
    func handle(_ request: borrowing Request, _ exchange: ExchangeID, _ server: HTTPServer) -> Bool {
        let isBreaker = request.withPath { String(utf8: $0) } == "/ops/v1/breaker"
        guard isBreaker, request.method == .put || request.method == .get else { return false }
        if request.method == .put {
            do throws(JSONError) {
                let change = try request.withBody { (body) throws(JSONError) in try Self.read(body) }
                guard let change else {
                    server.refuse(exchange, "mode is auto, alert-only or manual; state is open or closed")
                    return true
                }
                if change.isOpen != nil, (change.mode ?? breaker.machine.settings.mode) != .manual {
                    server.refuse(exchange, "a state can be set in the mode manual only")
                    return true
                }
                if let mode = change.mode { breaker.change(to: mode) }
                if let isOpen = change.isOpen { _ = breaker.set(isOpen: isOpen) }
            } catch {
                server.refuse(exchange, error.description)
                return true
            }
        }
        let machine = breaker.machine
        server.respond(to: exchange) { [breaker] response in
            response.contentType("application/json")
            response.body.appendJSON { json in
                json.beginObject()
                json.field("group", breaker.group)
                json.field("mode", machine.settings.mode.rawValue)
                json.field("state", machine.state.name)
                json.field("tripped", machine.isTripped)
                json.field("calls", machine.seen.calls)
                json.field("bad", machine.seen.bad)
                json.endObject()
            }
        }
        return true
    }

    /// Nil where a word is unknown.
    static func read(_ body: Span<UInt8>) throws(JSONError) -> Change? {
        try JSONReader.read(body) { (json) throws(JSONError) in
            var (change, isKnown) = (Change(), true)
            var seen = JSONSeenFields()
            try json.beginObject()
            while let key = try json.nextKey() {
                if try json.matches(key, "mode", once: 0, in: &seen) {
                    change.mode = CircuitBreaker.Mode(rawValue: json.copy(try json.string()))
                    isKnown = isKnown && change.mode != nil
                } else if try json.matches(key, "state", once: 1, in: &seen) {
                    let word = json.copy(try json.string())
                    change.isOpen = word == "open"
                    isKnown = isKnown && (word == "open" || word == "closed")
                } else {
                    try json.skip()
                }
            }
            return isKnown ? change : nil
        }
    }
}
