public import Base
public import Domain
public import Operations

extension Store {
    /// What operators set of a webhook; nil stays as it is, and on creation is the default.
    public struct WebhookChange: Sendable, Equatable {
        public var url: String?
        public var types: [String]?
        public var items: [ItemName]?
        public var isDisabled: Bool?

        public init() {}
    }

    /// What a new webhook begins with.
    public struct WebhookBirth: Sendable {
        public var secret: Secret<String>
        /// Another one than that of every other of its name.
        public var mark: String
        public var now: WallInstant
        /// What is behind it is sent; empty: all there is.
        public var cursor: String

        public init(secret: Secret<String>, mark: String, now: WallInstant, cursor: String) {
            self.secret = secret
            self.mark = mark
            self.now = now
            self.cursor = cursor
        }
    }

    public enum WebhookPutOutcome: Sendable, Equatable {
        case created, updated, tooMany, urlMissing
    }

    public enum WebhookRotation: Sendable {
        case rotated(Secret<String>, isReplay: Bool)
        case unknown
    }

    public enum WebhookReplay: Sendable, Equatable {
        /// Dead letters that are pending now, and those that are not.
        case done(taken: Int64, left: Int64)
        case unknown
    }

    /// A webhook without its secrets, as it is shown.
    public struct WebhookView: Sendable, Equatable {
        public var name: WebhookName
        public var url: String
        public var filter: WebhookFilter
        public var isDisabled: Bool
        public var createdAt: WallInstant
        public var formerSecretUntil: WallInstant?
        public var progress: WebhookProgress
        public var pending: Int64 = 0  // events noted for later
        public var dead: Int64 = 0  // dead letters
    }

    /// A webhook as its sender needs it.
    public struct SentWebhook: Sendable {
        public var view: WebhookView
        public var mark: String
        /// Another one once its sender has to begin anew: after a change of what is set, or a replay.
        public var edition: String
        /// The current one first, then the former one.
        public var secrets: Secret<[String]>

        /// Those that sign now: the former one does for as long as its successor was announced for.
        public func secrets(now: WallInstant) -> [String] {
            let isFormerOver = view.formerSecretUntil.map { $0 <= now } ?? false
            return Array(secrets.exposed.prefix(isFormerOver ? 1 : 2))
        }
    }

    /// One page of the undelivered events, or of the dead letters, in no order; an event may be in two pages.
    public struct WebhookLetters: Sendable {
        public var events: [NotedEvent]
        public var next: String?
    }

    public enum WebhookSave: Sendable, Equatable {
        case done
        /// A later leader sends now.
        case fenced
        /// The webhook is gone, is another one, or was changed: it is to be read again.
        case changed
    }
}

extension Store.WebhookView {
    /// The fields that are shown, in the order of `init`.
    static let fields: [WebhookField] = [
        .url, .types, .items, .disabled, .createdAt, .formerUntil, .cursor, .order, .failingSince, .reason, .gone,
        .gaps, .replaying,
    ]

    /// Nil where there is no such webhook.
    init?(_ name: WebhookName, _ values: [String?]) {
        guard values.count == Self.fields.count, let url = values[0] else { return nil }
        func list(_ text: String?) -> [String] { (text ?? "").split(separator: ",").map(String.init) }
        func number(_ text: String?) -> Int64 { text.flatMap { Int64($0) } ?? 0 }
        func time(_ text: String?) -> WallInstant? {
            let value = number(text)
            return Limits.wallTime.contains(value) ? WallInstant(milliseconds: value) : nil
        }
        self.name = name
        self.url = url
        filter = WebhookFilter(types: list(values[1]), items: list(values[2]))
        isDisabled = values[3] == "1"
        createdAt = time(values[4]) ?? WallInstant(milliseconds: 0)
        formerSecretUntil = time(values[5])
        progress = WebhookProgress(cursor: values[6] ?? "")
        progress.order = min(max(0, number(values[7])), Limits.reported.upperBound)
        progress.failingSince = time(values[8])
        progress.reason = values[9] ?? ""
        progress.isGone = values[10] == "1"
        progress.gaps = max(0, number(values[11]))
        progress.isReplaying = values[12] == "1"
    }
}
