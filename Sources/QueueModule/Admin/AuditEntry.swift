import Base
import Domain

/// What an operator changed: by whom, from where, and how it was before and after.
public struct AuditEntry: Sendable, Equatable {
    public var action: String
    /// Empty where it concerns all items.
    public var item: String
    /// The token that was shown, by its fingerprint.
    public var who: String
    /// The other end of the connection; behind a proxy, the proxy's.
    public var peer: String
    /// What differs, `name=value` each; empty: nothing does; nil: not known.
    public var before: String?
    public var after: String?
    /// False when the store did not answer whether it was done.
    public var isCertain = true
}

extension AuditEntry {
    func json(at now: WallInstant) -> String {
        var buffer = ByteBuffer()
        buffer.appendJSON { json in
            json.beginObject()
            json.field("at", now)
            json.field("action", action)
            json.field("item", item.isEmpty ? nil : item)
            json.field("who", who)
            json.field("peer", peer)
            json.field("before", before)
            json.field("after", after)
            json.field("certain", isCertain)
            json.endObject()
        }
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    /// What a caller changed of an item.
    init(_ caller: Caller, _ action: String, _ name: ItemName, before: ItemSnapshot?, after: ItemSnapshot?) {
        let change = AuditedSettings.difference(before, after)
        self.init(
            action: action, item: name.description, who: caller.who, peer: caller.peer,
            before: change.before ?? (action == "create" ? "none" : nil), after: change.after)
    }

    /// What a caller may have changed: the store did not answer.
    static func uncertain(_ caller: Caller, _ action: String, _ name: ItemName) -> AuditEntry {
        AuditEntry(action: action, item: name.description, who: caller.who, peer: caller.peer, isCertain: false)
    }
}

/// The sender of a request at the admin listener that had a token.
struct Caller {
    let access: Access
    let who: String
    let peer: String
}

/// What operators set of an item, as pairs, to show what a change changed.
struct AuditedSettings {
    private let pairs: [(name: String, value: String)]

    init(_ snapshot: ItemSnapshot) {
        let settings = snapshot.settings
        func limit(_ value: Int64) -> String { value == 0 ? "none" : "\(value)" }
        pairs = [
            ("stock", "\(snapshot.counters.stockTotal)"), ("queue_limit", "\(settings.queueLimit)"),
            ("per_user_limit", limit(settings.perUserLimit)), ("per_user_units", limit(settings.perUserUnits)),
            ("opens_at", Self.time(settings.opensAt)), ("closes_at", Self.time(settings.closesAt)),
            ("on_sold_out", settings.closesOnSoldOut ? "close" : "waitlist"), ("weight", "\(settings.weight)"),
            ("pay_window_ms", "\(settings.payWindow.wholeMilliseconds)"),
            ("pay_grace_ms", "\(settings.payGrace.wholeMilliseconds)"),
            ("pay_spread_ms", "\(settings.paySpread.wholeMilliseconds)"),
            ("paused", "\(settings.isPaused)"), ("holding", "\(settings.isHolding)"),
            ("closed", "\(settings.isClosed)"),
            ("frozen", "\(settings.isFrozen)"), ("frozen_by", Self.text(of: snapshot.freeze)),
        ]
    }

    private static func text(of freeze: ItemFreeze?) -> String {
        guard let freeze else { return "nothing" }
        return "seen:\(freeze.seenVersion),kept:\(freeze.keptVersion),sequences_lost:\(freeze.sequencesLost)"
    }

    private static func time(_ time: WallInstant) -> String {
        guard time.milliseconds > 0 else { return "none" }
        var buffer = ByteBuffer()
        buffer.append(rfc3339: time)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    private var text: String { pairs.map { "\($0.name)=\($0.value)" }.joined(separator: " ") }

    /// What differs between the two, each as it stands there; all of one where the other is missing.
    static func difference(_ before: ItemSnapshot?, _ after: ItemSnapshot?) -> (before: String?, after: String?) {
        guard let before = before.map(Self.init) else { return (nil, after.map { Self($0).text }) }
        guard let after = after.map(Self.init) else { return (before.text, nil) }
        let changed = zip(before.pairs, after.pairs).filter { $0.value != $1.value }
        return (
            changed.map { "\($0.0.name)=\($0.0.value)" }.joined(separator: " "),
            changed.map { "\($0.1.name)=\($0.1.value)" }.joined(separator: " ")
        )
    }
}
