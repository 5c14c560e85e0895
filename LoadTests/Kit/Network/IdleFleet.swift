/// Keep-alive connections that are held and hardly used, from several loopback addresses.
///
/// One address has about 28,000 ports for one server; eight of them hold any number this machine can. Each connection
/// asks for `/livez` when it opens and every 30 s, before the server would take it for abandoned.
public final class IdleFleet: FleetOwner {
    private static let interval = Nanoseconds.seconds(30)  // between two requests on a connection
    private static let answerTimeout = Nanoseconds.seconds(5)
    private static let opening = 4_000.0  // connections a second, which a listener's backlog takes
    private let count: Int
    private let request: [UInt8]
    private var fleet: Fleet?
    private var nextAt = Nanoseconds.now
    private var asked = 0

    /// Requests that got no answer, and answers that were not 200.
    public private(set) var failures: Int64 = 0

    public init(to endpoint: Endpoint, connections count: Int) throws(SystemError) {
        self.count = count
        var bytes: [UInt8] = []
        RequestWriter(to: endpoint).get("/livez", into: &bytes)
        request = bytes
        let sources = endpoint.address.contains(":") ? [] : (2...9).map { "127.0.0.\($0)" }
        fleet = try Fleet(
            to: [endpoint], connections: count, sources: sources, timeout: Self.answerTimeout, owner: self)
    }

    /// Connections that are open now.
    public var open: Int { fleet?.open ?? 0 }

    /// Opens all, which takes a second for 4,000; true when all are open.
    public func openAll() -> Bool {
        let end = Nanoseconds.now + Nanoseconds(Int64(Double(count) / Self.opening * 1e9)) + Self.answerTimeout
        let gap = Nanoseconds(Int64(1e9 / Self.opening))
        while Nanoseconds.now < end, let fleet, fleet.answers + failures < Int64(count) {
            while asked < count, nextAt <= Nanoseconds.now { ask(gap) }
            fleet.turn(until: min(end, asked < count ? nextAt : end))
            fleet.expire()
        }
        nextAt = Nanoseconds.now
        return open == count
    }

    /// Keeps the connections alive; call it some times a second.
    public func turn() {
        guard let fleet else { return }
        let gap = Nanoseconds(Self.interval.count / Int64(count))
        while nextAt <= Nanoseconds.now { ask(gap) }
        fleet.turn(until: .zero)
        fleet.expire()
    }

    public func close() {
        let ended = fleet
        fleet = nil
        ended?.close()
    }

    public func compose(_ tag: inout UInt64, into bytes: inout [UInt8]) { bytes.append(contentsOf: request) }

    public func answered(_ tag: UInt64, due: Nanoseconds, left: Nanoseconds, _ head: AnswerHead, _ bytes: Span<UInt8>) {
        if head.status != 200 { failures += 1 }
    }

    public func lost(_ tag: UInt64, due: Nanoseconds, _ loss: Loss) { failures += 1 }

    private func ask(_ gap: Nanoseconds) {
        // Connections take turns, so each is used once an interval.
        fleet?.send(0, due: nextAt)
        asked += 1
        nextAt = nextAt + gap
    }
}
