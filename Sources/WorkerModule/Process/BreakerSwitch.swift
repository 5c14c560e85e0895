import Base
import Domain
import HTTPServer

/// Shows the circuit breaker and lets an operator set it: `PUT /ops/v1/breaker {"mode":"manual","state":"open"}`, where
/// what is left out stays, and `GET`. A state can be set in the mode `manual` only.
struct BreakerSwitch {
    static let path = "/ops/v1/breaker"
    let breaker: BreakerDriver

    struct Change: Equatable {
        var mode: CircuitBreaker.Mode?
        var isOpen: Bool?
    }

    /// Nil for another method.
    func answer(_ method: Method, _ body: Span<UInt8>) -> SwitchAnswer? {
        switch method {
        case .get: return state
        case .put:
            do throws(JSONError) {
                guard let change = try Self.read(body) else {
                    return .refused("mode is auto, alert-only or manual; state is open or closed")
                }
                return set(change)
            } catch {
                return .refused(error.description)
            }
        default: return nil
        }
    }

    private func set(_ change: Change) -> SwitchAnswer {
        guard change.isOpen == nil || (change.mode ?? breaker.machine.settings.mode) == .manual else {
            return .refused("a state can be set in the mode manual only")
        }
        if let mode = change.mode { breaker.change(to: mode) }
        if let isOpen = change.isOpen { _ = breaker.set(isOpen: isOpen) }
        return state
    }

    private var state: SwitchAnswer {
        SwitchAnswer { [machine = breaker.machine] json in
            json.field("group", breaker.group)
            json.field("mode", machine.settings.mode.rawValue)
            json.field("state", machine.state.name)
            json.field("tripped", machine.isTripped)
            json.field("calls", machine.seen.calls)
            json.field("bad", machine.seen.bad)
        }
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
