/// Owns the requests of a pool: writes each when a connection is free, and learns what became of it.
public protocol RequestOwner: AnyObject {
    func write(_ tag: UInt64, into bytes: inout [UInt8])
    func finished(_ tag: UInt64, _ result: Result<Response, Loss>)
}

/// A set of keep-alive connections used in turn, with the requests that wait for one in order of arrival.
///
/// Connections are used round robin, so that a server with several loops gets its load on all of them.
public final class ConnectionPool {
    private let poller: Poller
    private let timeout: Nanoseconds
    private weak var owner: (any RequestOwner)?
    private var connections: [Connection] = []
    private var free = FirstInFirstOut<Connection>()
    private var isStarting = false
    private var waiting = FirstInFirstOut<UInt64>()

    /// Answers received so far.
    public private(set) var answers: Int64 = 0
    /// Requests that got no answer so far.
    public private(set) var losses: Int64 = 0

    /// - Parameter timeout: how long an answer may take from when its request has a connection.
    public init(
        to endpoint: Endpoint, connections count: Int, timeout: Nanoseconds, on poller: Poller,
        owner: any RequestOwner
    ) {
        self.poller = poller
        self.timeout = timeout
        self.owner = owner
        for _ in 0..<count {
            let connection = Connection(to: endpoint, on: poller) { [unowned self] in finished($0, $1) }
            connections.append(connection)
            free.append(connection)
        }
    }

    /// Sends the request marked `tag` as soon as a connection is free.
    public func send(_ tag: UInt64) {
        waiting.append(tag)
        startWaiting()
    }

    /// Ends requests that have waited longer than the timeout. O(connections); call it now and then.
    public func expire() {
        for connection in connections {
            if let since = connection.since, since + timeout < poller.now { connection.end(.unanswered) }
        }
    }

    /// Ends all connections. Requests under way and waiting are forgotten, unanswered.
    public func close() {
        owner = nil
        while waiting.takeFirst() != nil {}
        for connection in connections { connection.end(.unanswered) }
    }

    private func startWaiting() {
        // A connect that fails at once calls back from within `send`; the loop outside goes on with the rest.
        guard !isStarting else { return }
        isStarting = true
        defer { isStarting = false }
        while let owner, !waiting.isEmpty, let connection = free.takeFirst() {
            guard let tag = waiting.takeFirst() else { return }
            connection.send(tag: tag) { owner.write(tag, into: &$0) }
        }
    }

    private func finished(_ connection: Connection, _ result: Result<Response, Loss>) {
        let tag = connection.tag
        free.append(connection)
        if case .success = result { answers += 1 } else { losses += 1 }
        owner?.finished(tag, result)
        startWaiting()
    }
}
