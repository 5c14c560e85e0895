public import EventLoop

/// A number of connections to one server, each with one statement at a time. Belongs to its loop's thread.
public final class PostgresPool {
    /// Called when the first connection becomes usable.
    public var onUp: (() -> Void)?
    /// Called when no connection is usable any more, and while none is, when attempts fail for another reason.
    public var onDown: ((PostgresDown) -> Void)?
    /// Why none is usable, by the last attempt; nil while one is, and before the first attempt has ended.
    public private(set) var downReason: PostgresDown?
    private var connections: [PostgresConnection] = []

    /// - Parameter size: connections, at least 1.
    public init(loop: EventLoop, options: PostgresOptions, size: Int) {
        precondition(size > 0)
        for index in 0..<size {
            var options = options
            options.seed &+= UInt64(index)  // so that they do not all connect at the same moments
            let connection = PostgresConnection(loop: loop, options: options)
            connection.onReady = { [unowned self] in
                downReason = nil
                if readyCount == 1 { onUp?() }
            }
            connection.onDown = { [unowned self] reason in
                guard readyCount == 0, downReason != reason else { return }
                downReason = reason
                onDown?(reason)
            }
            connections.append(connection)
        }
    }

    /// Begins to connect, from the next turn on and for ever. Further calls do nothing.
    public func start() { for connection in connections { connection.start() } }

    /// Ends all connections and stops trying. What is under way fails in the next turn.
    public func close() { for connection in connections { connection.close() } }

    public var readyCount: Int { connections.count { $0.isReady } }
    /// Whether a statement would be sent at once.
    public var hasRoom: Bool { connections.contains { $0.isIdle } }

    /// Sends a statement on a connection that is free; `unreachable` when none is.
    public func send(_ statement: PostgresStatement, completion: @escaping PostgresCompletion) {
        // Where none is idle the first one refuses it, in the coming turn.
        let connection = connections.first { $0.isIdle } ?? connections[0]
        connection.send(statement, completion: completion)
    }
}
