import Base
import EventLoop
import Operations

/// The event loops of one queue process: each a thread with a public server of its own, all on one port. The first is
/// the loop of the process itself.
final class QueueLoops {
    let first: PublicServer
    private let settings: QueueSettings
    private let home: EventLoop
    private var servers: [LoopBound<PublicServer>]
    private var threads: [LoopThread] = []
    private var readyLoops = 0

    init(_ settings: QueueSettings, home: EventLoop) throws {
        self.settings = settings
        self.home = home
        first = try settings.makeServer(on: home)
        servers = [LoopBound(first, on: home)]
    }

    /// Where all of them listen.
    var port: UInt16 { first.port }

    /// Opens the first one's listener, and calls `whenReady` once all of them serve.
    func open(whenReady: @escaping () -> Void) throws {
        let loops = LoopBound(self, on: home)
        let ready = LoopBound(whenReady, on: home)
        let onReady: @Sendable () -> Void = {
            loops.post { loops in
                loops.readyLoops += 1
                if loops.readyLoops == loops.settings.loops { ready.post { $0() } }
            }
        }
        self.onReady = onReady
        try settings.open(first, port: settings.listen.port, onReady: onReady)
    }

    private var onReady: @Sendable () -> Void = {}

    /// Starts the threads of the others.
    func startThreads() {
        let start = ThreadStart(settings: settings, port: port, loops: LoopBound(self, on: home), onReady: onReady)
        for _ in 1..<max(1, settings.loops) {
            threads.append(LoopThread { @Sendable in QueueLoops.serve(start) })
        }
    }

    /// What a thread is started with.
    private struct ThreadStart: Sendable {
        let settings: QueueSettings
        let port: UInt16
        let loops: LoopBound<QueueLoops>
        let onReady: @Sendable () -> Void
    }

    private static func serve(_ start: ThreadStart) {
        do {
            let loop = try EventLoop()
            let server = try start.settings.makeServer(on: loop)
            try start.settings.open(server, port: start.port, onReady: start.onReady)
            add(server, on: loop, to: start.loops)
            loop.run()
        } catch {
            start.settings.log.error("loop_failed", ["reason": .text("\(error)")])
            start.settings.log.flush()
            RunningProcess.fail()
        }
    }

    private static func add(_ server: PublicServer, on loop: EventLoop, to loops: LoopBound<QueueLoops>) {
        let bound = LoopBound(server, on: loop)
        loops.post { $0.servers.append(bound) }
    }

    // MARK: All of them

    func post(_ body: @escaping @Sendable (PublicServer) -> Void) {
        for server in servers { server.post(body) }
    }

    /// Reads figures of every loop, in no order.
    func collect<Figures: Sendable>(
        _ read: @escaping @Sendable (PublicServer) -> Figures, _ completion: @escaping ([Figures]) -> Void
    ) {
        let gathering = LoopBound(Gathering(expected: servers.count, completion: completion), on: home)
        for server in servers {
            server.post { server in
                let figures = read(server)
                gathering.post { $0.add(figures) }
            }
        }
    }

    /// Finishes what was begun on every loop, then calls `whenDone`.
    func drain(within limit: TimeSpan, whenDone: @escaping () -> Void) {
        let gathering = LoopBound(Gathering<Void>(expected: servers.count) { _ in whenDone() }, on: home)
        for server in servers { server.post { $0.drain(within: limit) { gathering.post { $0.add(()) } } } }
    }
}
