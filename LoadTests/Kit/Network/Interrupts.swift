import CLoad
import Glibc

/// Notices Ctrl-C and SIGTERM, so that a test ends in order and stops what it started.
public final class Interrupts: ReadinessHandler {
    private let descriptor: Int32
    public private(set) var came = false

    /// From here on the two signals end nothing by themselves.
    public init(on poller: Poller) throws(SystemError) {
        descriptor = cload_interrupts()
        guard descriptor >= 0 else { throw SystemError("signalfd") }
        try poller.watch(descriptor, writing: false, self)
    }

    public func ready(canRead: Bool, canWrite: Bool) {
        var bytes = [UInt8](repeating: 0, count: 128)  // one signalfd_siginfo
        if unsafe read(descriptor, &bytes, bytes.count) > 0 { came = true }
    }
}

/// Lifts this process's limit on open descriptors as far as it may.
public func raiseDescriptorLimit() { _ = cload_raise_descriptor_limit() }
