public import Base

/// What a token opens; each role opens also what the one before it does.
public enum OperatorRole: String, CaseIterable, Comparable, Sendable {
    /// Reads items, figures and nodes.
    case viewer
    /// Makes and changes items, reads who bought, settles tickets.
    case `operator`
    /// Everything: deletes, settings of all processes, tokens, the audit.
    case admin

    public static func < (left: Self, right: Self) -> Bool { left.level < right.level }

    private var level: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// What a call at the admin listener needs.
public struct OperatorNeed: Equatable, Sendable {
    public enum Place: Equatable, Sendable {
        case item(ItemName)
        /// A ticket names its item, which is known when it was read.
        case itemOfTicket
        /// It concerns all items, or none.
        case everything
    }

    public let role: OperatorRole
    public let place: Place

    public init(_ role: OperatorRole, _ place: Place = .everything) { (self.role, self.place) = (role, place) }
}

/// A token that was given to an operator or a program, without its secret.
public struct OperatorToken: Equatable, Sendable {
    public let id: String
    public let role: OperatorRole
    /// The items that it is for; empty: all.
    public let items: [ItemName]
    /// Nil: never.
    public let expiresAt: WallInstant?
    public let createdAt: WallInstant
    /// Who made it, as in the audit.
    public let by: String
    /// The SHA-256 of the token, in hex.
    public let digest: String

    public init(
        id: String, role: OperatorRole, items: [ItemName], expiresAt: WallInstant?, createdAt: WallInstant, by: String,
        digest: String
    ) {
        (self.id, self.role, self.items, self.expiresAt) = (id, role, items, expiresAt)
        (self.createdAt, self.by, self.digest) = (createdAt, by, digest)
    }

    public func hasExpired(now: WallInstant) -> Bool { expiresAt.map { $0 <= now } ?? false }

    public func permits(_ need: OperatorNeed) -> Bool {
        guard role >= need.role else { return false }
        return switch need.place {
        case .item(let name): covers(name)
        case .itemOfTicket: true
        case .everything: items.isEmpty
        }
    }

    public func covers(_ item: ItemName) -> Bool { items.isEmpty || items.contains(item) }
}
