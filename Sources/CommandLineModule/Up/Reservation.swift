import CLinux
import Glibc
import Operations

/// A port kept for the queue processes while `up` runs: they come and go, their address stays.
struct Reservation: ~Copyable {
    /// With the real port.
    let address: ListenAddress
    private let descriptor: Int32

    /// - Throws: when the address is not this machine's, or another process listens there.
    init(_ wanted: ListenAddress) throws(Failure) {
        let descriptor = try Self.reserve(wanted)
        self.descriptor = descriptor
        address = ListenAddress(host: wanted.host, port: UInt16(clamping: clinux_bound_port(descriptor)))
    }

    private static func reserve(_ wanted: ListenAddress) throws(Failure) -> Int32 {
        // Listeners share a port by SO_REUSEPORT, also with those of another `up`: a bind without it finds them.
        if wanted.port != 0 {
            let trial = unsafe clinux_listen_tcp(wanted.host, wanted.port, 1, 0)
            guard trial >= 0 else { throw Self.failure(wanted) }
            close(trial)
        }
        let descriptor = unsafe clinux_reserve_tcp(wanted.host, wanted.port)
        guard descriptor >= 0 else { throw Self.failure(wanted) }
        return descriptor
    }

    private static func failure(_ address: ListenAddress) -> Failure {
        let reason = unsafe String(cString: strerror(errno))
        return Failure(
            .failed, "cannot listen on \(address): \(reason)",
            hint: "end what listens there, or choose another address with --listen or --admin-listen")
    }

    consuming func end() {}

    deinit { close(descriptor) }
}
