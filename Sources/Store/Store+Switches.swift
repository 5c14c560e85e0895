public import Domain
import RedisClient

// What operators set for all processes, while they run.
extension Store {
    /// What is set; empty where nothing is.
    public func switches(completion: @escaping StoreCompletion<Switches>) {
        command(["HGETALL", ControlKeys.switches], completion) { value in
            guard let pairs = value.pairs else { return nil }
            var switches = Switches()
            for (field, text) in pairs {
                switch SwitchField(rawValue: field) {
                case .pollBudget: switches.pollBudget = .init(text: text)
                case .operatorsEdition: switches.operatorsEdition = Int64(text) ?? 0
                case nil: break  // of a newer release
                }
            }
            return switches
        }
    }

    public func set(_ switches: Switches, completion: @escaping StoreCompletion<Void>) {
        guard let text = switches.pollBudget?.text else {
            return command(["HDEL", ControlKeys.switches, SwitchField.pollBudget.rawValue], completion) { _ in () }
        }
        command(["HSET", ControlKeys.switches, SwitchField.pollBudget.rawValue, text], completion) { _ in () }
    }
}

/// The fields of the hash of what operators set for all processes.
enum SwitchField: String {
    case pollBudget = "poll_budget_per_second"
    /// Changes with every token that is made or revoked.
    case operatorsEdition = "operators_edition"
}

extension Switches.PollBudget {
    /// Nil for a text that this build does not write.
    init?(text: String) {
        if text == "none" {
            self = .none
        } else if let number = Int64(text), Limits.pollsPerSecond.contains(number) {
            self = .perSecond(number)
        } else {
            return nil
        }
    }

    var text: String {
        switch self {
        case .none: "none"
        case .perSecond(let number): "\(number)"
        }
    }
}
