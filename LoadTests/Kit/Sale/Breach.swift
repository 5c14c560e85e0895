/// A promise of the sale that can be seen broken from outside.
public enum Breach: String, Sendable, CaseIterable {
    /// One user has two places.
    case secondPlace = "second-place"
    /// Two users have the same ticket or the same sequence.
    case sharedPlace = "shared-place"
    /// A ticket's sequence is not what it was.
    case placeChanged = "place-changed"
    /// A final answer is not what it was.
    case finalChanged = "final-changed"
    /// More units sold than there are.
    case oversold = "oversold"
    /// Buyers were answered "sold out" while units are left.
    case unsold = "unsold"
    /// A winner came after a loser.
    case orderBroken = "order-broken"
    /// A buyer with a ticket got an answer that is for buyers without one.
    case holderRefused = "holder-refused"
    /// An accepted ticket has no final answer at the deadline.
    case noFinalAnswer = "not-told"
    /// A buyer never got any answer, or a final one could not be read again.
    case unanswered = "unanswered"
    /// The item's own figures are not those of the buyers.
    case itemDisagrees = "item-disagrees"
    /// An answer that the HTTP contract does not allow.
    case contract = "contract"
}

/// How often one promise was broken, with the first few examples.
public struct BreachReport: Sendable, Equatable, Encodable {
    public let kind: String
    public fileprivate(set) var count: Int64 = 0
    public fileprivate(set) var examples: [String] = []
}

/// The broken promises of one sale.
struct BreachLog: Sendable {
    private static let exampleLimit = 5
    private var byBreach: [Breach: BreachReport] = [:]

    /// In the order of `Breach`; empty when every promise was kept.
    var reports: [BreachReport] { Breach.allCases.compactMap { byBreach[$0] } }
    var count: Int64 { byBreach.values.reduce(0) { $0 + $1.count } }
    func count(of breach: Breach) -> Int64 { byBreach[breach]?.count ?? 0 }

    /// - Parameter user: nil where it is no user's own.
    mutating func note(_ breach: Breach, user: @autoclosure () -> String?, _ what: @autoclosure () -> String) {
        var report = byBreach[breach] ?? BreachReport(kind: breach.rawValue)
        report.count += 1
        if report.examples.count < Self.exampleLimit {
            report.examples.append(user().map { "\($0): \(what())" } ?? what())
        }
        byBreach[breach] = report
    }
}
