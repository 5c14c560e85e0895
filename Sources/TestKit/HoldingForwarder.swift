import Base
import CLinux
import EventLoop
import Glibc

/// A TCP address that leads to a Redis on a unix socket, on a thread of its own, and can hold back what clients send,
/// as a partition or a proxy does: the server carries it out later, though the client has given its connection up.
public final class HoldingForwarder: Sendable {
    fileprivate struct State {
        var isHolding = false
        var held = 0  // bytes
        var releases = 0  // asked for
        var released = 0  // done
    }

    public let port: UInt16
    private let state: Locked<State>
    private let remote: EventLoop.Remote
    private let thread: LoopThread

    public init(to socketPath: String) throws {
        let listener = unsafe clinux_listen_tcp("127.0.0.1", 0, 64, 0)
        guard listener >= 0 else { throw SystemError(call: "listen") }
        port = UInt16(clinux_bound_port(listener))
        let state = Locked(State())
        self.state = state
        let loop = LoopThread.Handover<EventLoop.Remote>()
        thread = LoopThread {
            guard let own = try? EventLoop() else { return }
            let forwarder = ForwarderLoop(loop: own, listener: listener, path: socketPath, state: state)
            forwarder.start()
            loop.put(own.remote)
            own.run()
            forwarder.end()
        }
        remote = loop.take()
    }

    deinit {
        remote.stop()
        thread.join()
    }

    public var url: String { "redis://127.0.0.1:\(port)" }

    /// From now on nothing gets through that clients of now send. They receive what the server sends.
    /// New ones are not affected.
    public func hold() { state.withLock { $0.isHolding = true } }

    /// Bytes that were held back since `hold`.
    public var held: Int { state.withLock { $0.held } }

    /// Lets all of it through, also that of clients that are gone; returns when the server has it.
    public func release() {
        let number = state.withLock { state in
            state.releases += 1
            return state.releases
        }
        remote.post {}
        while state.withLock({ $0.released < number }) { sched_yield() }
    }
}

private final class ForwarderLoop: ReadinessHandler {
    private let loop: EventLoop
    private let listener: Int32
    private let path: String
    private let state: Locked<HoldingForwarder.State>
    private var token: Token?
    private var pairs: [Pair] = []

    init(loop: EventLoop, listener: Int32, path: String, state: Locked<HoldingForwarder.State>) {
        self.loop = loop
        self.listener = listener
        self.path = path
        self.state = state
    }

    func start() {
        token = try? loop.register(listener, for: .readable, handler: self)
        loop.beforeSleep { [unowned self] in releaseIfAsked() }
    }

    func end() {
        for pair in pairs { pair.end() }
        if let token { loop.deregister(listener, token: token) }
        close(listener)
    }

    func ready(_ readiness: Readiness) {
        while true {
            let near = clinux_accept(listener)
            guard near >= 0 else { return }
            pairs.append(Pair(loop: loop, near: near, far: unsafe clinux_connect_unix(path), state: state))
            // Those that come while others are held back get through.
            if state.withLock({ $0.isHolding }) { pairs.last?.isFree = true }
        }
    }

    private func releaseIfAsked() {
        guard state.withLock({ $0.releases > $0.released }) else { return }
        for pair in pairs { pair.release() }
        state.withLock { state in
            state.isHolding = false
            state.released = state.releases
        }
    }
}

/// A client and the server's end of it.
private final class Pair {
    private final class Side: ReadinessHandler {
        var onReady: () -> Void = {}
        func ready(_ readiness: Readiness) { onReady() }
    }

    private let loop: EventLoop
    private let state: Locked<HoldingForwarder.State>
    private var near: Int32
    private var far: Int32
    private let sides = (near: Side(), far: Side())
    private var tokens: (near: Token?, far: Token?)
    private var held: [UInt8] = []
    var isFree = false  // came after `hold`

    init(loop: EventLoop, near: Int32, far: Int32, state: Locked<HoldingForwarder.State>) {
        self.loop = loop
        self.near = near
        self.far = far
        self.state = state
        sides.near.onReady = { [unowned self] in fromClient() }
        sides.far.onReady = { [unowned self] in fromServer() }
        tokens.near = try? loop.register(near, for: .readable, handler: sides.near)
        tokens.far = try? loop.register(far, for: .readable, handler: sides.far)
    }

    private func fromClient() {
        guard let bytes = receive(near) else {
            closeNear()
            if held.isEmpty { closeFar() }
            return
        }
        let isHeld = state.withLock { state in
            guard state.isHolding, !isFree else { return false }
            state.held += bytes.count
            return true
        }
        if isHeld { held += bytes } else { send(bytes, to: far) }
    }

    private func fromServer() {
        guard let bytes = receive(far) else { return end() }
        if near >= 0 { send(bytes, to: near) }
    }

    func release() {
        if far >= 0, !held.isEmpty { send(held, to: far) }
        held = []
        if near < 0 { closeFar() }
    }

    func end() {
        closeNear()
        closeFar()
    }

    private func closeNear() {
        guard near >= 0 else { return }
        if let token = tokens.near { loop.deregister(near, token: token) }
        close(near)
        near = -1
    }

    private func closeFar() {
        guard far >= 0 else { return }
        if let token = tokens.far { loop.deregister(far, token: token) }
        close(far)
        far = -1
    }

    /// Nil at the end of the stream.
    private func receive(_ descriptor: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 64 * 1024)
        let count = unsafe clinux_receive(descriptor, &bytes, bytes.count)
        if count > 0 { return Array(bytes[..<count]) }
        return count < 0 && clinux_errno() == EAGAIN ? [] : nil
    }

    /// All of it, waiting where the other end is slow to read; what the other end will not have is lost.
    private func send(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe clinux_send(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if clinux_errno() == EAGAIN {
                var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&request, 1, 1_000)
            } else if clinux_errno() != EINTR {
                return
            }
        }
    }
}
