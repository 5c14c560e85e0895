import Base
import CLinux
import Glibc

public enum SocketError: Error, Equatable {
    case cannotConnect(Int32)
    case timedOut
    /// The peer closed or reset the connection.
    case closed
}

/// One stream connection, blocking up to a deadline.
public final class Socket {
    private let fd: Int32

    public init(_ endpoint: Endpoint, by deadline: Deadline) throws(SocketError) {
        fd = unsafe clinux_connect_tcp(endpoint.host, endpoint.port)
        try finishConnecting(by: deadline)
    }

    public init(path: String, by deadline: Deadline) throws(SocketError) {
        fd = unsafe clinux_connect_unix(path)
        try finishConnecting(by: deadline)
    }

    private func finishConnecting(by deadline: Deadline) throws(SocketError) {
        guard fd >= 0 else { throw .cannotConnect(clinux_errno()) }
        try wait(for: POLLOUT, by: deadline)
        let error = clinux_socket_error(fd)
        guard error == 0 else { throw .cannotConnect(error) }
    }

    deinit { if fd >= 0 { close(fd) } }

    public func send(_ bytes: [UInt8], by deadline: Deadline) throws(SocketError) {
        var unsent = bytes[...]
        while !unsent.isEmpty {
            let count = unsafe unsent.withUnsafeBytes { unsafe clinux_send(fd, $0.baseAddress, $0.count) }
            if count >= 0 {
                unsent = unsent.dropFirst(count)
            } else if clinux_errno() == EAGAIN {
                try wait(for: POLLOUT, by: deadline)
            } else if clinux_errno() != EINTR {
                throw .closed
            }
        }
    }

    /// What has come, waiting for the first byte; empty at the end of the stream.
    public func receive(by deadline: Deadline) throws(SocketError) -> [UInt8] {
        var piece = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = unsafe piece.withUnsafeMutableBytes { unsafe clinux_receive(fd, $0.baseAddress, $0.count) }
            if count >= 0 { return Array(piece[..<count]) }
            switch clinux_errno() {
            case EAGAIN: try wait(for: POLLIN, by: deadline)
            case EINTR: continue
            default: throw .closed
            }
        }
    }

    /// Shows the peer that nothing more will come.
    public func shutdownWrite() { clinux_shutdown_write(fd) }

    private func wait(for event: Int32, by deadline: Deadline) throws(SocketError) {
        while true {
            var request = pollfd(fd: fd, events: Int16(event), revents: 0)
            let ready = unsafe poll(&request, 1, deadline.pollMilliseconds)
            if ready > 0 { return }
            if ready == 0 { throw .timedOut }
            if errno != EINTR { throw .closed }
        }
    }
}

/// A TCP port of the loopback that nobody listens on now: for a program whose port must outlive its restarts.
public func freePort() -> UInt16 {
    let fd = unsafe clinux_listen_tcp("127.0.0.1", 0, 1, 0)
    defer { close(fd) }
    let port = clinux_bound_port(fd)
    precondition(port > 0, "no port is free on the loopback")
    return UInt16(port)
}
