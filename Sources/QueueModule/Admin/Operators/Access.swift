import Base
import Domain
import HTTPServer

/// What the token opens that came with a request.
enum Access {
    /// The token that the process was started with: everything.
    case root
    case token(OperatorToken)

    func permits(_ need: OperatorNeed) -> Bool {
        switch self {
        case .root: true
        case .token(let token): token.permits(need)
        }
    }

    func covers(_ item: ItemName) -> Bool {
        switch self {
        case .root: true
        case .token(let token): token.covers(item)
        }
    }
}

extension AdminRoute {
    /// What a call of this route needs. A path that names no item as it must be is refused by its handler.
    func need(_ method: Method) -> OperatorNeed {
        let reads = method == .get
        return switch self {
        case .item(let name): OperatorNeed(reads ? .viewer : method == .delete ? .admin : .operator, place(name))
        case .series(let name): OperatorNeed(.viewer, place(name))
        case .action(_, let name), .purchases(let name), .doubts(let name): OperatorNeed(.operator, place(name))
        case .archive(let name): OperatorNeed(.admin, place(name))
        case .payment, .refund, .settle: OperatorNeed(.operator, .itemOfTicket)
        case .items, .nodes, .troubles, .metrics, .health, .unknown: OperatorNeed(.viewer)
        case .settings: OperatorNeed(reads ? .viewer : .admin)
        case .allDoubts, .user, .events: OperatorNeed(.operator)
        case .resetCapacity, .webhooks, .webhook, .webhookPart, .tokens, .token, .audit: OperatorNeed(.admin)
        }
    }

    private func place(_ text: String) -> OperatorNeed.Place { itemName(text).map { .item($0) } ?? .everything }
}
