import CLinux
import Dispatch
import EventLoop
import Glibc

// DESIGN
// A child asks the kernel to be killed when its parent dies, and the kernel takes "parent" to be the *thread* that
// forked. Swift Testing runs tests on a pool whose threads come and go, which would kill servers in mid-test. So all
// children are forked on one thread that lives as long as the process: they die with it, even when it is killed with
// SIGKILL, which no atexit handler survives.

/// Starts programs that die with this process.
enum SpawnThread {
    private struct Request: Sendable {
        let arguments: [String]
        let environment: [String]?
        let output: Int32
        let error: Int32
        let reply: Reply
    }

    private final class Reply: Sendable {
        let done = DispatchSemaphore(value: 0)
        let processID = Locked<pid_t>(-1)
    }

    private static let requests = Locked<[Request]>([])
    private static let wake = DispatchSemaphore(value: 0)
    private static let thread: pthread_t = {
        var created = pthread_t()
        let result = unsafe pthread_create(
            &created, nil,
            { _ in
                while true { serveOne() }
            }, nil)
        precondition(result == 0, "pthread_create failed")
        return created
    }()

    /// Starts `arguments[0]`, found in PATH.
    ///
    /// - Parameters:
    ///   - environment: `name=value` pairs; nil inherits this process's.
    ///   - output: takes its stdout.
    ///   - error: takes its stderr; nil joins it to `output`.
    /// - Returns: the process id, or -1. A program that does not exist shows as exit code 127.
    static func spawn(
        _ arguments: [String], environment: [String]? = nil, output: Int32, error: Int32? = nil
    ) -> pid_t {
        _ = thread
        let reply = Reply()
        let request = Request(
            arguments: arguments, environment: environment, output: output, error: error ?? output, reply: reply)
        requests.withLock { $0.append(request) }
        wake.signal()
        reply.done.wait()
        return reply.processID.withLock { $0 }
    }

    private static func serveOne() {
        wake.wait()
        let request = requests.withLock { $0.removeFirst() }
        let processID = unsafe withCStrings(request.arguments) { arguments in
            guard let environment = request.environment else {
                return unsafe clinux_spawn(arguments, nil, request.output, request.error, SIGKILL)
            }
            return unsafe withCStrings(environment) {
                unsafe clinux_spawn(arguments, $0, request.output, request.error, SIGKILL)
            }
        }
        request.reply.processID.withLock { $0 = processID }
        request.reply.done.signal()
    }

    /// A list of C strings that ends with NULL, for as long as `body` runs.
    private static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        let copies = unsafe strings.map { unsafe strdup($0) }
        defer { unsafe copies.forEach { unsafe free($0) } }
        let pointers = unsafe copies.map { unsafe UnsafePointer<CChar>($0) } + [nil]
        return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
    }
}
