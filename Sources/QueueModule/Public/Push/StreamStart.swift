import Domain
import EventLoop
import HTTPServer
import Store

/// Streams that were asked for before this process had found its store. A process listens a moment before that, and all
/// who had a stream at the one before it come back; a browser that is refused a stream never does.
final class StreamStart {
    private let parts: EndpointParts
    private var waiting: [() -> Void] = []
    private var hasFoundStore = false

    init(_ parts: EndpointParts) { self.parts = parts }

    /// Opens a stream: when the store is found, or `Limits.streamStart` later as things are then.
    func open(_ open: @escaping () -> Void) {
        guard !hasFoundStore, !parts.store.isReady, waiting.count < Limits.waitingLookups else { return open() }
        if waiting.isEmpty { parts.loop.schedule(after: Limits.streamStart) { [weak self] in self?.openAll() } }
        waiting.append(open)
    }

    /// The store can be read.
    func storeUp() {
        hasFoundStore = true
        openAll()
    }

    private func openAll() {
        let all = waiting
        waiting = []
        for open in all { open() }
    }
}
