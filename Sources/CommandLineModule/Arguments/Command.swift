/// One thing that `sluice` can do: a noun, mostly a verb, what it takes and what it is for.
package struct Command: Sendable {
    package enum Action: Sendable, Equatable {
        case up
        case listItems, showItem, putItem, pauseItem, resumeItem, closeItem, restockItem
        case showTicket, cancelTicket
        case listNodes
        case status, doctor, version, help
    }

    package let action: Action
    package let words: [String]
    package let positionals: [String]
    package let options: [Option]
    package let summary: String

    package var title: String { words.joined(separator: " ") }

    /// A process that is configured rather than a question that is asked: what is wrong with its flags is 64, not 2.
    package var usageCode: ExitCode { action == .up ? .badConfiguration : .usage }

    package func option(named name: String) -> Option? { options.first { $0.name == name } }
}
