import CLinux
public import EventLoop
public import Glibc

/// Delivers SIGTERM and SIGINT as callbacks on a loop, and ignores SIGHUP and SIGPIPE.
///
/// Make it before any other thread is started: the signals are blocked in the calling thread, threads started later
/// inherit that, and one thread without it would be killed by the first SIGTERM.
public final class Signals: ReadinessHandler {
    private let descriptor: Int32
    private var sequence = ShutdownSequence()
    private let onShutdown: () -> Void
    private let exit: (Int32) -> Void

    /// - Parameters:
    ///   - onShutdown: runs once, on the first SIGTERM or SIGINT; the second one ends the process with 143 or 130.
    ///   - exit: how the process ends; for tests.
    public init(
        loop: EventLoop, onShutdown: @escaping () -> Void, exit: @escaping (Int32) -> Void = { _exit($0) }
    ) throws(SystemError) {
        self.onShutdown = onShutdown
        self.exit = exit
        signal(SIGPIPE, SIG_IGN)
        descriptor = unsafe clinux_signalfd([SIGTERM, SIGINT, SIGHUP], 3)
        guard descriptor >= 0 else { throw SystemError(call: "signalfd") }
        _ = try loop.register(descriptor, for: .readable, handler: self)
    }

    deinit { close(descriptor) }

    public func ready(_ readiness: Readiness) {
        while true {
            let number = clinux_signalfd_read(descriptor)
            switch number {
            case 0: return
            case SIGTERM: act(sequence.handle(.terminate))
            case SIGINT: act(sequence.handle(.interrupt))
            default: break  // SIGHUP
            }
        }
    }

    private func act(_ action: ShutdownSequence.Action) {
        switch action {
        case .shutdown: onShutdown()
        case .exit(let status): exit(status)
        }
    }
}
