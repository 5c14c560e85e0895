import CLoad
import Glibc

/// Notices Ctrl-C and SIGTERM, so that a test ends in order and stops what it started.
package final class Interrupts: ReadinessHandler {
    private let descriptor: Int32
    package private(set) var came = false

    /// From here on the two signals end nothing by themselves.
    package init(on poller: Poller) throws(SystemError) {
        descriptor = cload_interrupts()
        guard descriptor >= 0 else { throw SystemError("signalfd") }
        try poller.watch(descriptor, writing: false, self)
    }

    package func ready(canRead: Bool, canWrite: Bool) {
        var bytes = [UInt8](repeating: 0, count: 128)  // one signalfd_siginfo
        if unsafe read(descriptor, &bytes, bytes.count) > 0 { came = true }
    }
}

/// Lifts this process's limit on open descriptors as far as it may.
package func raiseDescriptorLimit() { _ = cload_raise_descriptor_limit() }
