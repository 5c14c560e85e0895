import CLoad
import Glibc

// DESIGN
// An object a connection and a value an answer cost about 20 us of processor time a request. Here connections are rows
// of an array, one buffer takes what is read, answers are read where they lie, and nothing is allocated once all is
// warm. One request at a time on each connection, connections in turn, so that a server with several loops gets its
// load on all of them.

/// Many keep-alive connections to one or more servers, from one thread and one epoll.
public final class Fleet {
    private static let bufferSize = 256 * 1_024  // bytes
    private static let batch = 64  // events a turn, so that arrivals that are due don't wait long
    private let endpoints: [Endpoint]
    private let sources: [String]
    private let timeout: Nanoseconds
    private let pauseAfterFailure: Nanoseconds
    private let epoll: Int32
    private var events = [cload_event](repeating: cload_event(events: 0, data: 0), count: Fleet.batch)
    private var lanes: [Lane]
    private var free: Ring<Int32>
    private var failed = Ring<(lane: Int32, until: Nanoseconds)>()  // may not be used before
    private var waiting = Ring<Request>()
    private var buffer = [UInt8](repeating: 0, count: Fleet.bufferSize)
    private var outgoing: [UInt8] = []
    private var isStarting = false
    private weak var owner: (any FleetOwner)?
    private var companion: Fleet?
    private static let companionMark = UInt64.max  // no connection's

    private struct Request {
        let tag: UInt64
        let due: Nanoseconds
    }

    /// When the present turn began.
    public private(set) var now: Nanoseconds
    public private(set) var answers: Int64 = 0
    public private(set) var losses: Int64 = 0
    /// Connections that are open now.
    public private(set) var open = 0

    /// - Parameters:
    ///   - endpoints: servers that are alike, used in turn; at least one.
    ///   - sources: loopback addresses to connect from, used in turn; empty leaves it to the kernel.
    ///   - timeout: how long an answer may take from when its request has a connection.
    ///   - pauseAfterFailure: how long a connection that failed is not used.
    public init(
        to endpoints: [Endpoint], connections: Int, sources: [String] = [], timeout: Nanoseconds,
        pauseAfterFailure: Nanoseconds = .zero, owner: any FleetOwner
    ) throws(SystemError) {
        precondition(!endpoints.isEmpty && connections > 0, "a fleet has connections")
        self.endpoints = endpoints
        self.sources = sources
        self.timeout = timeout
        self.pauseAfterFailure = pauseAfterFailure
        self.owner = owner
        epoll = cload_epoll_create()
        guard epoll >= 0 else { throw SystemError("epoll_create1") }
        lanes = [Lane](repeating: Lane(), count: connections)
        free = Ring()
        for lane in 0..<connections { free.append(Int32(lane)) }
        now = .now
    }

    deinit {
        for lane in lanes where lane.descriptor >= 0 { Glibc.close(lane.descriptor) }
        Glibc.close(epoll)
    }

    /// Whether a request sent now would leave at once.
    public var hasFree: Bool { !free.isEmpty && waiting.isEmpty }
    /// Requests that wait for a connection.
    public var waitingCount: Int { waiting.count }
    /// Requests that have a connection and no answer.
    public var underWay: Int { lanes.count - free.count - failed.count }

    /// Begins to connect what is not connected and has nothing to send.
    public func openAll() {
        outgoing.removeAll(keepingCapacity: true)
        for lane in lanes.indices where lanes[lane].descriptor < 0 && !lanes[lane].isOccupied { connect(lane) }
    }

    /// Sends the request marked `tag` as soon as a connection is free.
    public func send(_ tag: UInt64, due: Nanoseconds) {
        waiting.append(Request(tag: tag, due: due))
        startWaiting()
    }

    /// Has `turn` serve another fleet as well, whose own is then not called.
    public func serves(_ other: Fleet) {
        companion = other
        _ = cload_epoll_add(epoll, other.epoll, UInt32(CLOAD_READABLE), Self.companionMark)
    }

    /// Waits until an answer comes or `time` has come, and calls the owner.
    public func turn(until time: Nanoseconds) {
        let wait = max(0, time.count - Nanoseconds.now.count)
        let count = unsafe cload_epoll_wait(epoll, &events, Int32(Self.batch), wait)
        now = .now
        useAgain()
        for index in 0..<max(0, Int(count)) {
            let (flags, data) = (Int32(bitPattern: events[index].events), events[index].data)
            if data == Self.companionMark {
                companion?.turn(until: .zero)
                continue
            }
            let lane = Int(data & 0xFFFF_FFFF)
            guard lanes[lane].generation == UInt32(data >> 32), lanes[lane].descriptor >= 0 else { continue }
            ready(lane, flags)
        }
    }

    /// Ends requests that have waited longer than the timeout. O(connections); call it now and then.
    public func expire() {
        for lane in lanes.indices where lanes[lane].isOccupied && lanes[lane].since + timeout < now {
            end(lane, .unanswered)
        }
    }

    /// Reports all that waits or is under way as lost, and closes all connections. More may be sent then.
    public func abandon() {
        isStarting = true
        while let request = waiting.takeFirst() {
            losses += 1
            owner?.lost(request.tag, due: request.due, .notConnected)
        }
        for lane in lanes.indices where lanes[lane].descriptor >= 0 || lanes[lane].isOccupied {
            end(lane, .unanswered)
        }
        isStarting = false
    }

    /// Closes all connections and reports nothing.
    public func close() {
        owner = nil
        abandon()
    }

    /// Lets connections whose pause is over be used again.
    private func useAgain() {
        guard !failed.isEmpty else { return }
        while let first = failed.first, first.until <= now, let next = failed.takeFirst() { free.append(next.lane) }
        startWaiting()
    }

    private func startWaiting() {
        // A connect that fails at once calls back from within; the loop outside goes on with the others.
        guard !isStarting else { return }
        isStarting = true
        defer { isStarting = false }
        while !waiting.isEmpty, let lane = free.takeFirst() {
            guard let request = waiting.takeFirst() else { return }
            start(request, on: Int(lane))
        }
    }

    private func start(_ request: Request, on lane: Int) {
        var tag = request.tag
        outgoing.removeAll(keepingCapacity: true)
        owner?.compose(&tag, into: &outgoing)
        lanes[lane].tag = tag
        lanes[lane].due = request.due
        lanes[lane].since = Nanoseconds.now
        lanes[lane].isOccupied = true
        guard lanes[lane].descriptor >= 0 else { return connect(lane) }
        if lanes[lane].isConnecting { return lanes[lane].unsent = outgoing }
        let sent = unsafe outgoing.withUnsafeBytes {
            unsafe cload_send(lanes[lane].descriptor, $0.baseAddress, $0.count)
        }
        if sent == outgoing.count { return }
        guard sent >= 0 || cload_errno() == EAGAIN else { return end(lane, .unanswered) }
        lanes[lane].unsent = Array(outgoing[max(0, sent)...])
        watch(lane, writing: true, isNew: false)
    }

    private func connect(_ lane: Int) {
        let endpoint = endpoints[lane % endpoints.count]
        let descriptor =
            sources.isEmpty
            ? unsafe cload_connect_loopback(endpoint.address, endpoint.port)
            : unsafe cload_connect_loopback_from(sources[lane % sources.count], endpoint.address, endpoint.port)
        guard descriptor >= 0 else { return end(lane, .notConnected) }
        lanes[lane].descriptor = descriptor
        lanes[lane].generation &+= 1
        lanes[lane].isConnecting = true
        lanes[lane].unsent = outgoing
        watch(lane, writing: true, isNew: true)
    }

    private func watch(_ lane: Int, writing: Bool, isNew: Bool) {
        let flags = UInt32(CLOAD_READABLE) | (writing ? UInt32(CLOAD_WRITABLE) : 0)
        let data = UInt64(lanes[lane].generation) << 32 | UInt64(lane)
        if isNew {
            _ = cload_epoll_add(epoll, lanes[lane].descriptor, flags, data)
        } else {
            _ = cload_epoll_modify(epoll, lanes[lane].descriptor, flags, data)
        }
    }

    private func ready(_ lane: Int, _ flags: Int32) {
        if lanes[lane].isConnecting {
            guard cload_socket_error(lanes[lane].descriptor) == 0 else { return end(lane, .notConnected) }
            guard flags & Int32(CLOAD_WRITABLE) != 0 else { return }
            lanes[lane].isConnecting = false
            open += 1
        }
        if flags & Int32(CLOAD_WRITABLE) != 0 { flush(lane) }
        if flags & Int32(CLOAD_READABLE | CLOAD_ERROR | CLOAD_HANGUP) != 0, lanes[lane].descriptor >= 0 { read(lane) }
    }

    private func flush(_ lane: Int) {
        guard !lanes[lane].unsent.isEmpty else { return watch(lane, writing: false, isNew: false) }
        let sent = unsafe lanes[lane].unsent.withUnsafeBytes {
            unsafe cload_send(lanes[lane].descriptor, $0.baseAddress, $0.count)
        }
        guard sent >= 0 || cload_errno() == EAGAIN else { return end(lane, .unanswered) }
        lanes[lane].unsent.removeFirst(max(0, sent))
        if lanes[lane].unsent.isEmpty {
            lanes[lane].unsent = []
            watch(lane, writing: false, isNew: false)
        }
    }

    private func read(_ lane: Int) {
        let count = unsafe cload_receive(lanes[lane].descriptor, &buffer, Self.bufferSize)
        guard count > 0 else {
            if count < 0, cload_errno() == EAGAIN || cload_errno() == EINTR { return }
            return end(lane, .unanswered)
        }
        if lanes[lane].partial.isEmpty {
            let isWhole = unsafe buffer.withUnsafeBufferPointer { unsafe deliver(lane, $0.extracting(..<count).span) }
            if !isWhole { lanes[lane].partial.append(contentsOf: buffer[..<count]) }
        } else {
            // Taken out of the row, which the owner's next request may need.
            var joined = lanes[lane].partial
            lanes[lane].partial = []
            joined.append(contentsOf: buffer[..<count])
            if !deliver(lane, joined.span) { lanes[lane].partial = joined }
        }
    }

    /// Hands a whole answer over; false while bytes of it are missing.
    private func deliver(_ lane: Int, _ bytes: Span<UInt8>) -> Bool {
        do throws(MalformedResponse) {
            guard let head = try AnswerHead.parse(bytes) else { return false }
            guard bytes.count >= head.total else { return false }
            guard bytes.count == head.total, lanes[lane].isOccupied else {
                throw MalformedResponse("an answer nobody asked for")
            }
            let (tag, due, left) = (lanes[lane].tag, lanes[lane].due, lanes[lane].since)
            lanes[lane].isOccupied = false
            if head.isLast { disconnect(lane) }
            free.append(Int32(lane))
            answers += 1
            owner?.answered(tag, due: due, left: left, head, bytes)
        } catch {
            end(lane, .malformed(error.description))
        }
        startWaiting()
        return true
    }

    private func disconnect(_ lane: Int) {
        if lanes[lane].descriptor >= 0 {
            if !lanes[lane].isConnecting { open -= 1 }
            Glibc.close(lanes[lane].descriptor)
        }
        lanes[lane].descriptor = -1
        lanes[lane].isConnecting = false
        lanes[lane].partial = []
        lanes[lane].unsent = []
    }

    private func end(_ lane: Int, _ loss: Loss) {
        disconnect(lane)
        guard lanes[lane].isOccupied else { return }
        lanes[lane].isOccupied = false
        losses += 1
        if pauseAfterFailure == .zero {
            free.append(Int32(lane))
        } else {
            failed.append((Int32(lane), .now + pauseAfterFailure))
        }
        owner?.lost(lanes[lane].tag, due: lanes[lane].due, loss)
        startWaiting()
    }
}
