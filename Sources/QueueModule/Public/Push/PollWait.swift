import Base
import Domain
import HTTPServer

/// A poll's wish to be answered when its ticket's state changes: `?wait=20` or `Prefer: wait=20`.
struct PollWait: Equatable {
    struct Refusal: Error { let reason: String }

    private static let longestWish: Int64 = 86_400  // seconds; a longer wait is a mistake

    /// As it is granted.
    let seconds: Int64
    /// The letter of the state that the client has seen, where it says so; any other is answered at once.
    let known: UInt8?

    /// Nil in the usual case that the poll is to be answered at once. What else a query or a preference says is for
    /// others and is passed over.
    init?(_ request: borrowing Request) throws(Refusal) {
        let query = request.withQuery { $0.isEmpty ? nil : String(utf8: $0) }
        let preference = request.header(.prefer)
        guard query != nil || preference != nil else { return nil }
        try self.init(query: query ?? "", preference: preference ?? "")
    }

    init?(query: String, preference: String) throws(Refusal) {
        var (wish, known): (Int64?, UInt8?)
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            switch parts[0] {
            case "wait":
                guard let seconds = Int64(parts.count == 2 ? parts[1] : ""), 0...Self.longestWish ~= seconds else {
                    throw Refusal(reason: "wait must be a number of seconds from 0 to \(Self.longestWish)")
                }
                wish = seconds
            case "state":
                guard let state = TicketBody.State.all.first(where: { "\($0.name)" == parts.last }) else {
                    throw Refusal(reason: "state must be the state that a ticket was in")
                }
                known = state.letter
            default: break
            }
        }
        guard let wish = wish ?? Self.preferred(preference), wish > 0 else { return nil }
        (seconds, self.known) = (min(wish, Limits.longPoll.wholeMilliseconds / 1_000), known)
    }

    /// The wait of a `Prefer` field (RFC 7240). One that can't be understood is not a mistake: it is not followed.
    private static func preferred(_ field: String) -> Int64? {
        for preference in field.split(separator: ",") {
            let main = preference.prefix { $0 != ";" }
            let parts = main.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                .map { $0.filter { !" \t\"".contains($0) } }
            if parts.count == 2, parts[0].lowercased() == "wait" {
                return Int64(parts[1]).flatMap { $0 >= 0 ? $0 : nil }
            }
        }
        return nil
    }
}
