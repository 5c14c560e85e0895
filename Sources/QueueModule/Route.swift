import Base
import Operations

/// The target of a request at the public listener. Ranges are positions in the path.
enum PublicRoute: Equatable {
    case purchases(item: Range<Int>)
    case item(Range<Int>)
    case ticket(Range<Int>)
    case ticketEvents(Range<Int>)
    case itemEvents(Range<Int>)
    /// Of several tickets.
    case events
    case health(HealthPage)
    case openAPI
    case page(PageRoute)
    case unknown

    init(_ path: Span<UInt8>) {
        if path.starts(with: "/v1/items/") {
            if let slash = path.firstIndex(of: UInt8(ascii: "/"), from: 10) {
                self =
                    if path.ends(with: "/purchases", from: slash) {
                        .purchases(item: 10..<slash)
                    } else {
                        path.ends(with: "/events", from: slash) ? .itemEvents(10..<slash) : .unknown
                    }
            } else {
                self = .item(10..<path.count)
            }
        } else if path.starts(with: "/v1/tickets/") {
            if let slash = path.firstIndex(of: UInt8(ascii: "/"), from: 12) {
                self = path.ends(with: "/events", from: slash) ? .ticketEvents(12..<slash) : .unknown
            } else {
                self = .ticket(12..<path.count)
            }
        } else if let page = HealthPage(path) {
            self = .health(page)
        } else {
            self =
                if path.equals("/openapi.json") {
                    .openAPI
                } else if path.equals("/v1/events") {
                    .events
                } else {
                    PageRoute(path).map { .page($0) } ?? .unknown
                }
        }
    }
}

/// The target of a request at the admin listener.
enum AdminRoute: Equatable {
    case items
    case item(String)
    case action(String, item: String)
    /// The ticket's position in the path.
    case payment(ticket: Range<Int>)
    case refund(ticket: Range<Int>)
    case settle(ticket: Range<Int>)
    /// Of one item, and of all.
    case doubts(item: String)
    case allDoubts
    case purchases(item: String)
    case archive(item: String)
    case series(item: String)
    case user(String)
    case nodes
    case troubles
    case settings
    case events
    case resetCapacity(String)
    case webhooks
    case webhook(String)
    /// `rotate`, `deliveries` or `replay`.
    case webhookPart(String, webhook: String)
    case tokens
    case token(String)
    case audit
    case metrics
    /// As on the public listener.
    case health(HealthPage)
    case unknown

    /// Payments come by the thousand a second, so their path is looked at first.
    init(_ path: Span<UInt8>) {
        let tickets: StaticString = "/admin/v1/tickets/"
        let start = tickets.utf8CodeUnitCount
        guard path.starts(with: tickets), let slash = path.firstIndex(of: UInt8(ascii: "/"), from: start) else {
            self = HealthPage(path).map { .health($0) } ?? Self.other(String(utf8: path))
            return
        }
        self =
            if path.ends(with: "/payment", from: slash) {
                .payment(ticket: start..<slash)
            } else if path.ends(with: "/refund", from: slash) {
                .refund(ticket: start..<slash)
            } else {
                path.ends(with: "/settle", from: slash) ? .settle(ticket: start..<slash) : .unknown
            }
    }

    private static func other(_ path: String) -> AdminRoute {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        return switch (parts.count, parts.dropFirst().first) {
        case (2, "metrics"): .metrics
        case (4..., "admin") where parts[2] == "v1": versionOne(Array(parts[3...]))
        default: .unknown
        }
    }

    private static func versionOne(_ parts: [String]) -> AdminRoute {
        switch (parts.count, parts[0]) {
        case (1, "items"): .items
        case (1, "nodes"): .nodes
        case (1, "health"): .troubles
        case (1, "settings"): .settings
        case (1, "doubts"): .allDoubts
        case (1, "tokens"): .tokens
        case (2, "tokens"): .token(parts[1])
        case (1, "audit"): .audit
        case (1, "webhooks"): .webhooks
        case (2, "webhooks"): .webhook(parts[1])
        case (3, "webhooks") where ["rotate", "deliveries", "replay"].contains(parts[2]):
            .webhookPart(parts[2], webhook: parts[1])
        case (1, "events"): .events
        case (2, "items"): .item(parts[1])
        case (2, "users"): .user(parts[1])
        case (3, "items") where parts[2] == "purchases": .purchases(item: parts[1])
        case (3, "items") where parts[2] == "series": .series(item: parts[1])
        case (3, "items") where parts[2] == "archive": .archive(item: parts[1])
        case (3, "capacity") where parts[2] == "reset": .resetCapacity(parts[1])
        case (3, "items") where parts[2] == "doubts": .doubts(item: parts[1])
        case (3, "items") where ItemAction.names.contains(parts[2]):
            .action(parts[2], item: parts[1])
        default: .unknown
        }
    }
}
