import Base
import CLinux
import Glibc

/// The thread of a `Crowd`: one epoll, k connections, at most one request under way on each.
final class CrowdRun {
    private struct Connection {
        var fd: Int32 = -1
        var isConnecting = false
        var parser = ReplyParser()
        var request: Int?  // index of the request under way
        var unsent: ArraySlice<UInt8> = []
        var notBefore = MonotonicInstant(nanoseconds: 0)  // after a failure: when to connect again
    }

    private static let pauseAfterFailure = TimeSpan.milliseconds(20)

    private let crowd: Crowd
    private let requests: [HTTPRequest]
    private let deadline: Deadline
    private let running: Crowd.Running
    private let epoll = clinux_epoll_create()
    private var connections: [Connection]
    private var answers: [Crowd.Answer]
    private var fresh = 0  // requests begun so far
    private var again: [Int] = []  // requests to be sent once more
    private var answered = 0
    private var ended = 0  // answered, or given up
    private let start = MonotonicInstant.now

    init(_ crowd: Crowd, requests: [HTTPRequest], deadline: Deadline, running: Crowd.Running) {
        self.crowd = crowd
        self.requests = requests
        self.deadline = deadline
        self.running = running
        connections = Array(repeating: Connection(), count: max(1, min(crowd.connections, requests.count)))
        answers = Array(repeating: Crowd.Answer(), count: requests.count)
    }

    func run() {
        var events = [clinux_event](repeating: clinux_event(), count: 256)
        while ended < requests.count, !deadline.isPast {
            for index in connections.indices where connections[index].request == nil { begin(on: index) }
            let count = unsafe clinux_epoll_wait(epoll, &events, 256, 5_000_000)
            for event in events.prefix(Int(max(0, count))) { handle(event) }
            giveUpOnTheSilent()
            running.tell(answered: answered)
        }
        for connection in connections where connection.fd >= 0 { close(connection.fd) }
        close(epoll)
        running.end(answers)
    }

    private func nextRequest(now: MonotonicInstant) -> Int? {
        // Fresh ones first: those that failed a moment ago would fail again.
        if fresh < requests.count {
            let due = crowd.perSecond.map { start + .nanoseconds(Int64(fresh) * 1_000_000_000 / $0) } ?? start
            if due <= now {
                fresh += 1
                return fresh - 1
            }
        }
        return again.isEmpty ? nil : again.removeFirst()
    }

    private func begin(on index: Int) {
        let now = MonotonicInstant.now
        guard connections[index].notBefore <= now else { return }
        if connections[index].fd < 0 && (fresh < requests.count || !again.isEmpty) { connect(index) }
        guard connections[index].fd >= 0, !connections[index].isConnecting else { return }
        guard let request = nextRequest(now: now) else { return }
        let endpoint = endpoint(of: index)
        connections[index].request = request
        connections[index].unsent = requests[request].bytes(host: endpoint.authority)[...]
        answers[request].sentAt = now
        answers[request].tries += 1
        write(index)
    }

    private func endpoint(of index: Int) -> Endpoint { crowd.endpoints[index % crowd.endpoints.count] }

    private func connect(_ index: Int) {
        let endpoint = endpoint(of: index)
        let fd = unsafe clinux_connect_tcp(endpoint.host, endpoint.port)
        guard fd >= 0 else { return fail(index) }
        connections[index] = Connection(fd: fd, isConnecting: true)
        _ = clinux_epoll_add(epoll, fd, UInt32(CLINUX_WRITABLE), UInt64(index))
    }

    private func handle(_ event: clinux_event) {
        let index = Int(event.data)
        guard connections[index].fd >= 0 else { return }
        if connections[index].isConnecting {
            guard clinux_socket_error(connections[index].fd) == 0 else { return fail(index) }
            connections[index].isConnecting = false
            watch(index, UInt32(CLINUX_READABLE))
            return begin(on: index)
        }
        if event.events & UInt32(CLINUX_WRITABLE) != 0 { write(index) }
        if event.events & ~UInt32(CLINUX_WRITABLE) != 0 { read(index) }
    }

    private func watch(_ index: Int, _ events: UInt32) {
        _ = clinux_epoll_modify(epoll, connections[index].fd, events, UInt64(index))
    }

    private func write(_ index: Int) {
        while !connections[index].unsent.isEmpty {
            let fd = connections[index].fd
            let count = unsafe connections[index].unsent.withUnsafeBytes {
                unsafe clinux_send(fd, $0.baseAddress, $0.count)
            }
            guard count >= 0 else {
                guard clinux_errno() == EAGAIN else { return fail(index) }
                return watch(index, UInt32(CLINUX_READABLE | CLINUX_WRITABLE))
            }
            connections[index].unsent = connections[index].unsent.dropFirst(count)
            if connections[index].unsent.isEmpty && count > 0 { watch(index, UInt32(CLINUX_READABLE)) }
        }
    }

    private var piece = [UInt8](repeating: 0, count: 16384)

    private func read(_ index: Int) {
        let fd = connections[index].fd
        let count = unsafe piece.withUnsafeMutableBytes { unsafe clinux_receive(fd, $0.baseAddress, $0.count) }
        if count < 0 && clinux_errno() == EAGAIN { return }
        guard count > 0 else { return fail(index) }
        connections[index].parser.feed(piece[..<count])
        guard let request = connections[index].request else { return fail(index) }  // an answer nobody asked for
        do {
            guard let reply = try connections[index].parser.next() else { return }
            finish(request, on: index, with: reply)
        } catch {
            fail(index)
        }
    }

    private func finish(_ request: Int, on index: Int, with reply: HTTPReply) {
        connections[index].request = nil
        answers[request].answeredAt = .now
        if reply.header("Connection")?.lowercased() == "close" { disconnect(index) }
        if crowd.isPersistent, reply.status == 503, Self.mayPass(reply.code) {
            again.append(request)
            connections[index].notBefore = .now + Self.pauseAfterFailure
            return
        }
        answers[request].reply = reply
        answered += 1
        ended += 1
        begin(on: index)
    }

    /// Whether a 503 speaks of the process or the store rather than of the item.
    private static func mayPass(_ code: String?) -> Bool {
        ["store-unavailable", "draining", "degraded"].contains(code)
    }

    private func fail(_ index: Int) {
        let request = connections[index].request
        disconnect(index)
        connections[index].notBefore = .now + Self.pauseAfterFailure
        guard let request else { return }
        answers[request].answeredAt = .now
        if crowd.isPersistent { again.append(request) } else { ended += 1 }
    }

    private func disconnect(_ index: Int) {
        if connections[index].fd >= 0 { close(connections[index].fd) }
        connections[index] = Connection()
    }

    private func giveUpOnTheSilent() {
        let limit = MonotonicInstant.now
        for index in connections.indices {
            guard let request = connections[index].request else { continue }
            if limit - answers[request].sentAt > crowd.patience { fail(index) }
        }
    }
}
