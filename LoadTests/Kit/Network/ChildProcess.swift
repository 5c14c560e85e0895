import CLoad
import Glibc

/// A program that a test started itself, and ends itself, by its process id.
public final class ChildProcess {
    private static let lineLimit = 4_096  // bytes
    private let id: pid_t
    private let output: Int32
    private var unread: [UInt8] = []

    /// Starts `arguments[0]` in a process group of its own; its stderr goes to the file at `errorPath`.
    public init(_ arguments: [String], errorPath: String) throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe cload_pipe(&ends) == 0 else { throw SystemError("pipe2") }
        output = ends[0]
        defer { close(ends[1]) }
        let words = arguments.flatMap { Array($0.utf8CString) }
        id = unsafe cload_spawn(words, words.count, ends[1], errorPath)
        guard id > 0 else { throw SystemError("fork") }
    }

    deinit { close(output) }

    /// The next line of its standard output, nil when none came within `timeout` or the output ended.
    public func nextLine(within timeout: Nanoseconds) -> String? {
        let end = Nanoseconds.now + timeout
        while true {
            if let newline = unread.firstIndex(of: 0x0A) {
                defer { unread.removeFirst(newline + 1) }
                return String(decoding: unread[..<newline], as: UTF8.self)
            }
            let left = (end - Nanoseconds.now).wholeMilliseconds
            var watched = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            guard left > 0, unread.count < Self.lineLimit, unsafe poll(&watched, 1, Int32(left)) > 0 else { return nil }
            var bytes = [UInt8](repeating: 0, count: 1_024)
            let count = unsafe read(output, &bytes, bytes.count)
            guard count > 0 else { return nil }
            unread.append(contentsOf: bytes[..<count])
        }
    }

    /// How it ended.
    public enum Ending: Equatable, Sendable {
        case exited(code: Int32)
        case killed(signal: Int32)
    }

    /// Asks it to end, waits at most `timeout`, then kills it. Call it once.
    public func stop(within timeout: Nanoseconds) -> Ending {
        kill(id, SIGTERM)
        var status = cload_wait(id, Int32(timeout.wholeMilliseconds))
        if status < 0 {
            kill(id, SIGKILL)
            status = cload_wait(id, 5_000)
        }
        return status < 0 || status >= 256
            ? .killed(signal: status < 0 ? SIGKILL : status - 256) : .exited(code: status)
    }
}
