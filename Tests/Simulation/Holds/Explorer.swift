public import TestKit

/// A state of which a search takes every step.
public protocol Explorable {
    associatedtype Step

    /// Two states with the same digest have the same future.
    var digest: StateDigest { get }
    /// All that may happen now; a step may change nothing.
    var steps: [Step] { get }
    /// - Returns: the rule that is broken; nil: none.
    mutating func take(_ step: Step) -> String?
    /// The rule that is broken by what is tried in each state, but not followed; nil: none.
    var brokenTrial: String? { get }
}

/// A search through every state that can be reached, the nearest first, so that its counterexample is a shortest one.
public struct Explorer<State: Explorable> {
    public private(set) var states = 1
    public private(set) var transitions = 0
    /// Whether there was nothing left to take; false also where a rule was broken.
    public private(set) var isComplete = false
    /// The rule that is broken, and the steps to it; nil: none.
    public private(set) var counterexample: (rule: String, steps: [State.Step])?
    /// The step to each state, and the index of the state before; the first one has none.
    private var origins: [(before: Int, step: State.Step)] = []

    /// - Parameter limit: states; the search ends where it comes to more.
    public init(from start: State, limit: Int) {
        var seen: Set<StateDigest> = [start.digest]
        var layer = [(state: start, index: -1)]
        while !layer.isEmpty {
            var following: [(state: State, index: Int)] = []
            for (state, index) in layer {
                for step in state.steps {
                    var next = state
                    transitions += 1
                    let rule = next.take(step)
                    guard rule != nil || seen.insert(next.digest).inserted else { continue }
                    if let rule = rule ?? next.brokenTrial {
                        counterexample = (rule, path(to: index) + [step])
                        return
                    }
                    states += 1
                    origins.append((index, step))
                    following.append((next, origins.count - 1))
                }
            }
            if states > limit { return }
            layer = following
        }
        isComplete = true
    }

    private func path(to index: Int) -> [State.Step] {
        var (steps, index) = ([] as [State.Step], index)
        while index >= 0 {
            steps.append(origins[index].step)
            index = origins[index].before
        }
        return steps.reversed()
    }

    /// What it came to, with the steps of a counterexample one a line.
    public var report: String {
        let size = "\(states) states, \(transitions) steps"
        guard let counterexample else { return isComplete ? "\(size), all of them" : "\(size), and more" }
        let lines = counterexample.steps.map { "  \($0)" }.joined(separator: "\n")
        return "\(size): \(counterexample.rule)\n\(lines)"
    }
}
