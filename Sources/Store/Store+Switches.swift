public import Domain
import RedisClient

// What operators set for all processes, while they run.
extension Store {
    /// What is set; nothing where nobody set anything.
    public func switches(completion: @escaping StoreCompletion<Switches>) {
        command(["HGETALL", ControlKeys.switches], completion) { value in
            guard let values = value.array?.compactMap(\.bytes), values.count % 2 == 0 else { return nil }
            var switches = Switches()
            for index in stride(from: 0, to: values.count, by: 2)
            where String(decoding: values[index], as: UTF8.self) == Self.pollBudget {
                switches.pollBudget = .init(text: String(decoding: values[index + 1], as: UTF8.self))
            }
            return switches
        }
    }

    public func set(_ switches: Switches, completion: @escaping StoreCompletion<Void>) {
        guard let text = switches.pollBudget?.text else {
            return command(["HDEL", ControlKeys.switches, Self.pollBudget], completion) { _ in () }
        }
        command(["HSET", ControlKeys.switches, Self.pollBudget, text], completion) { _ in () }
    }

    private static let pollBudget = "poll_budget_per_second"
}

extension Switches.PollBudget {
    /// Nil for what nobody here wrote.
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
