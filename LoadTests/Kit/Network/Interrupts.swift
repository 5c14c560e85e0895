import CLoad
import Glibc

/// Notices Ctrl-C and SIGTERM, so that a test ends in order and stops what it started.
public final class Interrupts {
    private let descriptor: Int32
    /// Whether one had come when `check` was last called.
    public private(set) var came = false

    /// From here on the two signals end nothing by themselves.
    public init() throws(SystemError) {
        descriptor = cload_interrupts()
        guard descriptor >= 0 else { throw SystemError("signalfd") }
    }

    deinit { close(descriptor) }

    /// Reads what has come; call it some times a second.
    public func check() {
        var bytes = [UInt8](repeating: 0, count: 128)  // one signalfd_siginfo
        if unsafe read(descriptor, &bytes, bytes.count) > 0 { came = true }
    }
}

/// Lifts this process's limit on open descriptors as far as it may.
public func raiseDescriptorLimit() { _ = cload_raise_descriptor_limit() }
