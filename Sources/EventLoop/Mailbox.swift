import CLinux
import Glibc

/// The only connection between threads: jobs posted to a loop, and the request to stop.
///
/// Sendable by the lock around the jobs; the descriptor is an eventfd, which any thread may signal.
final class Mailbox: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var isStopped = false
    }

    private let descriptor: Int32
    private let state = Locked(State())

    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    var isStopped: Bool { state.withLock { $0.isStopped } }

    func post(_ job: @escaping @Sendable () -> Void) {
        let wasEmpty = state.withLock { state in
            defer { state.jobs.append(job) }
            return state.jobs.isEmpty
        }
        if wasEmpty { _ = clinux_eventfd_signal(descriptor) }
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        _ = clinux_eventfd_signal(descriptor)
    }

    func takeAll() -> [@Sendable () -> Void] {
        state.withLock { state in
            guard !state.jobs.isEmpty else { return [] }
            defer { state.jobs = [] }
            return state.jobs
        }
    }

    func clearSignal() { _ = clinux_eventfd_clear(descriptor) }
}
