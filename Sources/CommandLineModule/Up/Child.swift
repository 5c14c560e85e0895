import Base
import CLinux
public import EventLoop
import Glibc

/// Calls a closure when a descriptor is ready.
final class OnReady: ReadinessHandler {
    private let action: () -> Void
    init(_ action: @escaping () -> Void) { self.action = action }
    func ready(_ readiness: Readiness) { action() }
}

/// One running child process: its pid, the lines it prints, and its end.
///
/// The child dies with this process (SIGKILL), and stands in a process group of its own, so that Ctrl-C reaches `up`
/// alone.
public final class Child {
    public let pid: Int32
    private let loop: EventLoop
    private let watch: Int32
    private var watchToken: Token?
    private var output: Int32 = -1
    private var outputToken: Token?
    private var splitter = LineSplitter()
    private let onLine: (String) -> Void
    private let onEnd: (ProcessEnd) -> Void

    /// Starts the program. Call it on the thread that lives as long as the process.
    ///
    /// - Parameters:
    ///   - arguments: the program first; without a slash in it, it is searched in PATH.
    ///   - onLine: one line of stdout; nil sends stdout to this process's stderr.
    ///   - onEnd: called once, after every line.
    public init(
        _ arguments: [String], environment: [String: String], on loop: EventLoop, onLine: ((String) -> Void)?,
        onEnd: @escaping (ProcessEnd) -> Void
    ) throws(SystemError) {
        self.loop = loop
        self.onLine = onLine ?? { _ in }
        self.onEnd = onEnd
        var (readEnd, writeEnd): (Int32, Int32) = (-1, 2)
        if onLine != nil {
            guard unsafe clinux_pipe(&readEnd, &writeEnd) == 0 else { throw SystemError(call: "pipe2") }
        }
        defer { if onLine != nil { close(writeEnd) } }
        pid = Self.spawn(arguments, environment, output: writeEnd)
        watch = pid > 0 ? clinux_pidfd_open(pid) : -1
        guard watch >= 0 else {
            let error = SystemError(call: pid > 0 ? "pidfd_open" : "fork")
            if pid > 0 { kill(pid, SIGKILL) }
            if readEnd >= 0 { close(readEnd) }
            throw error
        }
        output = readEnd
        if output >= 0 {
            _ = fcntl(output, F_SETFL, O_NONBLOCK)
            outputToken = try loop.register(output, for: .readable, handler: OnReady { [unowned self] in readOutput() })
        }
        watchToken = try loop.register(watch, for: .readable, handler: OnReady { [unowned self] in collect() })
    }

    public func signal(_ number: Int32) { kill(pid, number) }

    private static func spawn(_ arguments: [String], _ environment: [String: String], output: Int32) -> Int32 {
        let entries = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        var argv = unsafe arguments.map { unsafe UnsafePointer(strdup($0)) } + [nil]
        var envp = unsafe entries.map { unsafe UnsafePointer(strdup($0)) } + [nil]
        defer { unsafe (argv + envp).forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) } }
        return unsafe clinux_spawn_apart(&argv, &envp, output, -1, SIGKILL)
    }

    private func readOutput() {
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while output >= 0 {
            let count = unsafe read(output, &chunk, chunk.count)
            if count < 0, errno == EAGAIN { return }
            guard count > 0 else { return closeOutput() }
            for line in splitter.append(chunk[..<count]) { onLine(line) }
        }
    }

    private func closeOutput() {
        if let outputToken { loop.deregister(output, token: outputToken) }
        outputToken = nil
        if output >= 0 { close(output) }
        output = -1
    }

    /// Checks whether it has ended, and reports that once.
    func collect() {
        guard watchToken != nil else { return }
        var code: Int32 = 0
        var number: Int32 = 0
        let result = unsafe clinux_exit_status(pid, &code, &number)
        guard result != 0 else { return }
        readOutput()
        closeOutput()
        if let watchToken { loop.deregister(watch, token: watchToken) }
        watchToken = nil
        close(watch)
        onEnd(number == 0 ? .code(code) : .signal(number))
    }
}
