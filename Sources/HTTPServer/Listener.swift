import Base
import CLinux
import EventLoop
import Glibc

/// A listening socket that hands out accepted ones, and pauses where accepting would only spin.
///
/// With no descriptor left, the socket stays readable and accept keeps failing: so the listener pauses instead.
final class Listener: ReadinessHandler {
    private static let acceptsPerTurn = 64

    private let loop: EventLoop
    private let descriptor: Int32
    private let pause: TimeSpan
    private let accept: (Int32) -> Int32
    private var token: Token?
    private var resumeTimer: Token?
    private(set) var pauses: UInt64 = 0
    let port: UInt16
    /// Takes an accepted, non-blocking socket; it belongs to the receiver.
    var onAccept: (Int32) -> Void = { _ in }

    /// `accept` stands for the system call: a descriptor, or -1 and errno.
    init(
        loop: EventLoop, address: String, port: UInt16, reusePort: Bool, pause: TimeSpan,
        accept: @escaping (Int32) -> Int32 = { clinux_accept($0) }
    ) throws(SystemError) {
        self.loop = loop
        self.pause = pause
        self.accept = accept
        descriptor = unsafe clinux_listen_tcp(address, port, 4096, reusePort ? 1 : 0)
        guard descriptor >= 0 else { throw SystemError(call: "listen on \(address):\(port)") }
        // Accepted sockets inherit it, which saves a system call for each.
        _ = clinux_set_nodelay(descriptor)
        self.port = UInt16(max(0, clinux_bound_port(descriptor)))
        do {
            token = try loop.register(descriptor, for: .readable, handler: self)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    func ready(_ readiness: Readiness) { _ = acceptSome() }

    /// Takes the connections that the kernel has accepted already, then closes the socket.
    func close() {
        guard let token else { return }
        for _ in 0..<Self.acceptsPerTurn where !acceptSome() { break }
        if let resumeTimer { loop.cancel(resumeTimer) }
        resumeTimer = nil
        loop.deregister(descriptor, token: token)
        Glibc.close(descriptor)
        self.token = nil
        onAccept = { _ in }
    }

    /// True when there may be more.
    private func acceptSome() -> Bool {
        for _ in 0..<Self.acceptsPerTurn {
            let accepted = accept(descriptor)
            if accepted >= 0 {
                onAccept(accepted)
                continue
            }
            switch clinux_errno() {
            case ECONNABORTED, EINTR: continue
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: pauseAccepting()
            default: break
            }
            return false
        }
        return true
    }

    private func pauseAccepting() {
        guard let token, resumeTimer == nil else { return }
        pauses += 1
        loop.modify(descriptor, token: token, for: [])
        resumeTimer = loop.schedule(after: pause) { [weak self] in
            guard let self, let token = self.token else { return }
            resumeTimer = nil
            loop.modify(descriptor, token: token, for: .readable)
        }
    }
}
