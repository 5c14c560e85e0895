/// What one read of a server showed.
public struct TopState: Equatable, Sendable {
    public var address: String
    /// When it was taken, RFC 3339.
    public var time: String
    public var items: [JSONValue]
    public var nodes: [JSONValue]
    /// The worst problem by the server's judgement.
    public var trouble: String?
    /// Why the last read failed; items and nodes are then those of the one before.
    public var failure: String?

    public init(
        address: String, time: String, items: [JSONValue] = [], nodes: [JSONValue] = [], failure: String? = nil
    ) {
        self.address = address
        self.time = time
        self.items = items
        self.nodes = nodes
        self.failure = failure
    }
}

/// One line of a screen, and its emphasis.
public struct TopLine: Equatable, Sendable {
    public enum Tone: Sendable {
        case plain, heading, warning, alarm
    }

    public var text: String
    public var tone: Tone

    public init(_ text: String, _ tone: Tone = .plain) {
        self.text = text
        self.tone = tone
    }
}
