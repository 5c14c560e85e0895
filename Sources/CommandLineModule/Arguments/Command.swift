/// One thing that `sluice` can do: a noun, mostly a verb, what it takes and what it is for.
public struct Command: Sendable {
    public enum Action: Sendable, Equatable {
        case up
        case listItems, showItem, putItem, pauseItem, holdItem, resumeItem, closeItem, restockItem, thawItem
        case itemPurchases, archiveItem, deleteItem, showUser
        case showTicket, cancelTicket, payTicket, refundTicket, settleTicket
        case itemDoubts, allDoubts
        case listWebhooks, showWebhook, putWebhook, rotateWebhook, deleteWebhook, listDeliveries, replayWebhook
        case listTokens, addToken, revokeToken
        case listNodes
        case listEvents
        case showSettings, putSettings
        case initOrders
        case capacity, resetCapacity, top, watch
        case status, doctor, plan, version, help
    }

    public let action: Action
    public let words: [String]
    public let positionals: [String]
    public let options: [Option]
    public let summary: String

    public var title: String { words.joined(separator: " ") }

    /// `up` is a process that is configured, and no question: what is wrong with its flags is 64, not 2.
    public var usageCode: ExitCode { action == .up ? .badConfiguration : .usage }

    public func option(named name: String) -> Option? { options.first { $0.name == name } }
}
