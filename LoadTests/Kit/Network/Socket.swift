import CLoad
import Glibc

/// A non-blocking TCP socket to this machine. Its owner closes it.
struct Socket {
    enum Outcome: Equatable {
        case moved(Int)  // bytes, > 0
        case wouldBlock
        case ended  // end of stream, or an error: the connection is over
    }

    let descriptor: Int32

    /// Begins to connect; writable once connected.
    init(to endpoint: Endpoint) throws(SystemError) {
        descriptor = unsafe cload_connect_loopback(endpoint.address, endpoint.port)
        guard descriptor >= 0 else { throw SystemError("connect") }
    }

    /// Whether the connect that made the socket writable has succeeded.
    var isConnected: Bool { cload_socket_error(descriptor) == 0 }

    func send(_ bytes: ArraySlice<UInt8>) -> Outcome {
        unsafe outcome(bytes.withUnsafeBytes { unsafe cload_send(descriptor, $0.baseAddress, $0.count) })
    }

    func receive(into bytes: inout [UInt8]) -> Outcome {
        unsafe outcome(bytes.withUnsafeMutableBytes { unsafe cload_receive(descriptor, $0.baseAddress, $0.count) })
    }

    func end() { close(descriptor) }

    private func outcome(_ result: Int) -> Outcome {
        if result > 0 { return .moved(result) }
        let number = cload_errno()
        return result < 0 && (number == EAGAIN || number == EINTR) ? .wouldBlock : .ended
    }
}
