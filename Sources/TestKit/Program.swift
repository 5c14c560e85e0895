public import Base
import CLinux
import Foundation

/// A running program of ours: its ready line, its output, the signals we send it, its end.
///
/// It is killed when the last reference goes, and however the test process ends.
public final class Program: Sendable {
    public enum Failure: Error, CustomStringConvertible {
        case notBuilt(String)
        case didNotStart(String)
        case notReady(String)
        case stillRunning(String)

        public var description: String {
            switch self {
            case .notBuilt(let name): "no program '\(name)': run 'make build', or name its folder in SLUICE_BIN_DIR"
            case .didNotStart(let name): "\(name) could not be started"
            case .notReady(let what): "no ready line from \(what)"
            case .stillRunning(let name): "\(name) did not end in time"
            }
        }
    }

    private struct State: Sendable {
        var output = ""
        var outputEnded = false
        var exit: Int32?  // exit code, or -signal
    }

    public let name: String
    public let pid: Int32
    private let logPath: String
    private let state = Guarded(State())

    /// Starts `executable` (a path, or a name found with `Program.path`).
    ///
    /// - Parameter log: the file that takes stderr; it is appended to.
    public init(
        _ executable: String, _ arguments: [String], environment extra: [String: String] = [:], log: String
    ) throws {
        name = (executable as NSString).lastPathComponent
        logPath = log
        let path = executable.contains("/") ? executable : try Self.path(of: executable)
        let error = unsafe open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard error >= 0 else { throw Failure.didNotStart("\(name): no log file \(log)") }
        defer { close(error) }
        var readEnd: Int32 = -1
        var writeEnd: Int32 = -1
        guard unsafe clinux_pipe(&readEnd, &writeEnd) == 0 else { throw Failure.didNotStart(name) }
        // A setting of the person who runs the tests must not reach the programs under test.
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("SLUICE_") }
        environment.merge(extra) { $1 }
        pid = SpawnThread.spawn(
            [path] + arguments, environment: environment.map { "\($0.key)=\($0.value)" }, output: writeEnd, error: error
        )
        close(writeEnd)
        guard pid > 0 else {
            close(readEnd)
            throw Failure.didNotStart(name)
        }
        Self.collect(readEnd, into: state)
        Self.awaitEnd(of: pid, into: state)
    }

    deinit { kill9() }

    /// The folder of the built programs: SLUICE_BIN_DIR, else `.build/release`, else `.build/debug` of this package.
    public static let directory: String = {
        if let named = ProcessInfo.processInfo.environment["SLUICE_BIN_DIR"] { return named }
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let release = "\(root)/.build/release"
        return FileManager.default.isExecutableFile(atPath: "\(release)/sluice-queue")
            ? release : "\(root)/.build/debug"
    }()

    public static func path(of name: String) throws -> String {
        let path = "\(directory)/\(name)"
        guard FileManager.default.isExecutableFile(atPath: path) else { throw Failure.notBuilt(path) }
        return path
    }

    // MARK: - What it prints

    public var output: String { state.current.output }
    public var log: String { (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "" }
    public var logLineCount: Int { log.utf8.count { $0 == UInt8(ascii: "\n") } }

    /// Waits for the line that reports that it serves.
    public func ready(within span: TimeSpan = .seconds(10)) throws -> ReadyLine {
        let line = state.wait(within: span) { state -> ReadyLine?? in
            // The last piece may be half a line, so only what a newline ends is read.
            for line in state.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
                if let ready = ReadyLine(String(line)) { return .some(ready) }
            }
            return state.outputEnded && state.exit != nil ? .some(nil) : nil
        }
        guard let ready = line ?? nil else {
            throw Failure.notReady(
                "\(name) (exit \(exitCode.map(String.init) ?? "none")): \(output)\(log.suffix(2000))")
        }
        return ready
    }

    // MARK: - What we do to it

    public func kill9() { send(SIGKILL) }
    public func stop() { send(SIGSTOP) }
    public func resume() { send(SIGCONT) }
    public func terminate() { send(SIGTERM) }
    public func interrupt() { send(SIGINT) }

    /// Sent only while the process is not reaped, so the number can't belong to another process.
    public func send(_ signal: Int32) { state.change { if $0.exit == nil { kill(pid, signal) } } }

    public var isRunning: Bool { exitCode == nil }
    /// The exit code, or minus the signal that ended it; nil while it runs.
    public var exitCode: Int32? { state.current.exit }

    /// Waits for its end.
    @discardableResult
    public func wait(within span: TimeSpan = .seconds(10)) throws -> Int32 {
        guard let exit = state.wait(within: span, for: { $0.exit }) else { throw Failure.stillRunning(name) }
        return exit
    }

    /// Waits for its end and for the end of its output, as a command line tool is run.
    public func finish(within span: TimeSpan = .seconds(10)) throws -> (exit: Int32, output: String) {
        let exit = try wait(within: span)
        _ = state.wait(within: span) { $0.outputEnded ? true : nil }
        return (exit, output)
    }

    // MARK: - Watching

    private static func collect(_ fd: Int32, into state: Guarded<State>) {
        Thread.detachNewThread {
            var pending: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = unsafe read(fd, &piece, piece.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { break }
                pending += piece[..<count]
                let text = String(decoding: pending, as: UTF8.self)
                state.change { $0.output = text }
            }
            close(fd)
            state.change { $0.outputEnded = true }
        }
    }

    private static func awaitEnd(of pid: pid_t, into state: Guarded<State>) {
        Thread.detachNewThread {
            // Seen first, reaped under the lock: nobody can signal a number that was given away meanwhile.
            var info = unsafe siginfo_t()
            while unsafe waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
            state.change {
                var status: Int32 = 0
                _ = unsafe waitpid(pid, &status, 0)
                $0.exit = status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
            }
        }
    }
}
