import Base
import Domain
import EventLoop
import Sodium
import Store

// DESIGN
// Every queue process keeps all tokens in memory, so that a login needs no store, and reads them anew when their
// edition has changed. The edition comes with the switches, which are read every two seconds in any case: a token that
// was revoked at another process opens nothing here two seconds later. The store has no secret, only hashes of them.

/// The tokens of operators, as this process read them last.
final class OperatorBook {
    enum Finding: Equatable {
        case found(OperatorToken)
        case unknown
        /// The tokens could not be read since the start.
        case notKnownYet
    }

    static let prefix = "slo_"
    private let parts: EndpointParts
    private var tokens: [String: OperatorToken] = [:]
    private var edition: Int64?
    private var isReading = false

    init(_ parts: EndpointParts) { self.parts = parts }

    /// A new token's text and its id.
    static func fresh() -> (id: String, text: String) {
        let id = hex(Secret.random(count: 8))
        return (id, "\(prefix)\(id)_\(hex(Secret.random(count: 32)))")
    }

    static func digest(_ text: [UInt8]) -> String {
        var hash = SHA256()
        hash.update(text)
        return hash.digest
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The token whose text is shown, where it has not expired.
    func find(_ shown: [UInt8]) -> Finding {
        guard shown.starts(with: Self.prefix.utf8), shown.count == 4 + 16 + 1 + 64 else { return .unknown }
        guard edition != nil else { return .notKnownYet }
        let id = String(decoding: shown[4..<20], as: UTF8.self)
        guard let token = tokens[id], !token.hasExpired(now: parts.loop.wallNow),
            Secret.matches(Array(Self.digest(shown).utf8), Array(token.digest.utf8))
        else { return .unknown }
        return .found(token)
    }

    /// The tokens are of this edition now, as the store has it.
    func follow(_ edition: Int64) {
        guard edition != self.edition, !isReading else { return }
        isReading = true
        parts.store.operatorTokens { [unowned self] result in
            isReading = false
            guard case .success(let found) = result else { return }  // unheard: it is read again in two seconds
            tokens = Dictionary(found.map { ($0.id, $0) }) { first, _ in first }
            self.edition = edition
        }
    }

    /// This process made a token, or revoked one: that holds here at once.
    func took(_ token: OperatorToken) { tokens[token.id] = token }

    func forgot(_ id: String) { tokens[id] = nil }
}
