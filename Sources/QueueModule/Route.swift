import Base

/// What a path of the public listener asks for. Ranges are positions in the path.
enum PublicRoute: Equatable {
    case purchases(item: Range<Int>)
    case item(Range<Int>)
    case ticket(Range<Int>)
    case livez, readyz, version, openAPI
    case unknown

    init(_ path: Span<UInt8>) {
        if path.starts(with: "/v1/items/") {
            let rest = 10..<path.count
            if let slash = path.firstIndex(of: UInt8(ascii: "/"), from: 10) {
                self = path.ends(with: "/purchases", from: slash) ? .purchases(item: 10..<slash) : .unknown
            } else {
                self = .item(rest)
            }
        } else if path.starts(with: "/v1/tickets/") {
            self = path.firstIndex(of: UInt8(ascii: "/"), from: 12) == nil ? .ticket(12..<path.count) : .unknown
        } else {
            self = Self.fixed(path)
        }
    }

    /// Health and build, by the path; nil for every other one.
    static func ofItself(_ path: String) -> PublicRoute? {
        switch path {
        case "/livez": .livez
        case "/readyz": .readyz
        case "/version": .version
        default: nil
        }
    }

    private static func fixed(_ path: Span<UInt8>) -> PublicRoute {
        if path.equals("/livez") { return .livez }
        if path.equals("/readyz") { return .readyz }
        if path.equals("/version") { return .version }
        return path.equals("/openapi.json") ? .openAPI : .unknown
    }
}

/// What a path of the admin listener asks for.
enum AdminRoute: Equatable {
    case items
    case item(String)
    case action(String, item: String)
    case nodes
    case health
    case settings
    case resetCapacity(String)
    case metrics
    /// Health or build, as on the public listener.
    case ofItself(PublicRoute)
    case unknown

    init(_ path: String) {
        if let page = PublicRoute.ofItself(path) {
            self = .ofItself(page)
            return
        }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch (parts.count, parts.dropFirst().first) {
        case (2, "metrics"): self = .metrics
        case (4..., "admin") where parts[2] == "v1": self = Self.versionOne(Array(parts[3...]))
        default: self = .unknown
        }
    }

    private static func versionOne(_ parts: [String]) -> AdminRoute {
        switch (parts.count, parts[0]) {
        case (1, "items"): .items
        case (1, "nodes"): .nodes
        case (1, "health"): .health
        case (1, "settings"): .settings
        case (2, "items"): .item(parts[1])
        case (3, "capacity") where parts[2] == "reset": .resetCapacity(parts[1])
        case (3, "items") where ItemAction.names.contains(parts[2]):
            .action(parts[2], item: parts[1])
        default: .unknown
        }
    }
}
