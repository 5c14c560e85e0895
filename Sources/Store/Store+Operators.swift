import Base
public import Domain
import RedisClient

// The tokens of operators, without their secrets, and what was done with them.
extension Store {
    public func put(_ token: OperatorToken, completion: @escaping StoreCompletion<TokenOutcome>) {
        change(token.id, to: token.text, completion: completion)
    }

    public func removeOperatorToken(_ id: String, completion: @escaping StoreCompletion<TokenOutcome>) {
        change(id, to: "", completion: completion)
    }

    private func change(_ id: String, to value: String, completion: @escaping StoreCompletion<TokenOutcome>) {
        connection.evaluate(
            Scripts.operatorToken, keyCount: 2, argumentCount: 5,
            build: { writer in
                writer.argument(ControlKeys.operators)
                writer.argument(ControlKeys.switches)
                writer.argument(id)
                writer.argument(value)
                writer.argument(Int64(Limits.operatorTokens))
            },
            completion: interpret(completion) { TokenOutcome(rawValue: $0.status) })
    }

    /// All of them. What this build can't read is left out: it opens nothing.
    public func operatorTokens(completion: @escaping StoreCompletion<[OperatorToken]>) {
        command(["HGETALL", ControlKeys.operators], completion) { value in
            value.pairs?.compactMap { OperatorToken(id: $0, text: $1) }
        }
    }

    // MARK: Audit

    public struct AuditRecord: Sendable {
        public let id: String
        /// One JSON object.
        public let json: String
    }

    /// Keeps what an operator did; the oldest of many goes. The log has it in any case.
    public func record(audit json: String) {
        hint(["XADD", ControlKeys.audit, "MAXLEN", "~", "\(Limits.auditRecords)", "*", Self.auditField, json])
    }

    /// What was done after the record `id`, oldest first; nil: from the oldest that is kept.
    public func audit(after id: String?, completion: @escaping StoreCompletion<[AuditRecord]>) {
        let start = id.map { "(" + $0 } ?? "-"
        command(["XRANGE", ControlKeys.audit, start, "+", "COUNT", "\(Limits.auditPage)"], completion) { value in
            value.array?.compactMap { entry in
                guard let parts = entry.array, parts.count == 2, let id = parts[0].bytes,
                    let json = parts[1].pairs?.first(where: { $0.field == Self.auditField })?.value
                else { return nil }
                return AuditRecord(id: String(decoding: id, as: UTF8.self), json: json)
            }
        }
    }

    private static let auditField = "e"
}

extension OperatorToken {
    /// `role expires_ms created_ms maker digest items`, the items with commas between them, `*` for all.
    var text: String {
        let names = items.isEmpty ? "*" : items.map(\.description).joined(separator: ",")
        return "\(role.rawValue) \(expiresAt?.milliseconds ?? 0) \(createdAt.milliseconds) \(by) \(digest) \(names)"
    }

    init?(id: String, text: String) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, let role = OperatorRole(rawValue: parts[0]), let expires = Int64(parts[1]),
            let created = Int64(parts[2]), parts[4].utf8.count == 64
        else { return nil }
        let names = parts[5] == "*" ? [] : parts[5].split(separator: ",").map { ItemName(String($0)) }
        guard names.allSatisfy({ $0 != nil }), parts[5] == "*" || !names.isEmpty else { return nil }
        self.init(
            id: id, role: role, items: names.compactMap { $0 },
            expiresAt: expires == 0 ? nil : WallInstant(milliseconds: expires),
            createdAt: WallInstant(milliseconds: created), by: parts[3], digest: parts[4])
    }
}
