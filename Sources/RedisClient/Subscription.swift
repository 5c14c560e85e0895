/// Follows which channels a connection has been confirmed for, and sorts what comes in. A pure machine.
struct Subscription {
    enum Action: Equatable {
        case none
        case message(channel: String, payload: [UInt8])
        /// The last of the wanted channels was confirmed.
        case complete
        case failed(DownReason)
    }

    private(set) var channels: [String]
    private var unconfirmed: Set<String> = []

    init(channels: [String]) {
        self.channels = []
        for channel in channels where !self.channels.contains(channel) { self.channels.append(channel) }
    }

    /// False when `channel` is wanted already.
    mutating func add(_ channel: String) -> Bool {
        guard !channels.contains(channel) else { return false }
        channels.append(channel)
        unconfirmed.insert(channel)
        return true
    }

    /// A new connection, which is subscribed to nothing yet.
    mutating func restart() { unconfirmed = Set(channels) }

    var isComplete: Bool { unconfirmed.isEmpty }

    mutating func handle(_ reply: RedisValue) -> Action {
        switch reply {
        case .error(let error):
            switch error.rule {
            case .givesUp(let reason): return .failed(reason)
            case .refusesWrites(.disk): return .none  // a PING is answered so while the disk is full: the server lives
            case .refusesWrites, .refusesCommand: return .failed(.refused(error))
            }
        case .status("PONG"): return .none
        case .array(let parts):
            guard let kind = parts.first?.bytes else { break }
            if kind == Array("pong".utf8) { return .none }
            guard parts.count == 3, let name = parts[1].bytes else { break }
            let channel = String(decoding: name, as: UTF8.self)
            if kind == Array("message".utf8), let payload = parts[2].bytes {
                return .message(channel: channel, payload: payload)
            }
            guard kind == Array("subscribe".utf8) else { break }
            return unconfirmed.remove(channel) != nil && unconfirmed.isEmpty ? .complete : .none
        default: break
        }
        return .failed(.protocolError("neither a message nor a confirmation"))
    }
}
