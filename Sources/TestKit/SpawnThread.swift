<<<<<<< HEAD
import CLinux
import Dispatch
import Glibc
import Synchronization

// DESIGN
// A child asks the kernel to be killed when its parent dies, and the kernel takes "parent" to be the *thread* that forked.
// Swift Testing runs tests on a pool whose threads come and go, which would kill servers in mid-test. So all children
// are forked on one thread that lives as long as the process: they die with it, even when it is killed with SIGKILL,
// which no atexit handler survives.

/// Starts programs that die with this process.
enum SpawnThread {
    private struct Request: Sendable {
        let arguments: [String]
        let output: Int32
        let reply: Reply
    }

    private final class Reply: Sendable {
        let done = DispatchSemaphore(value: 0)
        let processID = Mutex<pid_t>(-1)
    }

    private static let requests = Mutex<[Request]>([])
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

    /// Starts `arguments[0]`, looked up in PATH, with both its outputs in `output`.
    ///
    /// - Returns: the process id, or -1. A program that does not exist shows as exit code 127.
    static func spawn(_ arguments: [String], output: Int32) -> pid_t {
        _ = thread
        let reply = Reply()
        requests.withLock { $0.append(Request(arguments: arguments, output: output, reply: reply)) }
        wake.signal()
        reply.done.wait()
        return reply.processID.withLock { $0 }
    }

    private static func serveOne() {
        wake.wait()
        let request = requests.withLock { $0.removeFirst() }
        var strings = unsafe request.arguments.map { unsafe strdup($0) }
        unsafe strings.append(nil)
        let processID = unsafe strings.map { unsafe UnsafePointer($0) }.withUnsafeBufferPointer { arguments in
            unsafe clinux_spawn(arguments.baseAddress, nil, request.output, request.output, SIGKILL)
        }
        unsafe strings.forEach { unsafe free($0) }
        request.reply.processID.withLock { $0 = processID }
        request.reply.done.signal()
=======
import Base
import CLinux
import Foundation

// DESIGN. A child's death signal fires when the thread that forked it ends, not when the process does. Tests run on
// threads that come and go, so every child of ours is forked by one thread that lives as long as the test process.

/// Starts programs from one thread that never ends.
enum SpawnThread {
    private struct Job: Sendable {
        var arguments: [String]
        var environment: [String: String]
        var output: Int32
        var error: Int32
        var answer: Guarded<pid_t?>
    }

    private static let jobs: Guarded<[Job]> = {
        let jobs = Guarded<[Job]>([])
        let thread = Thread {
            while true {
                let job = jobs.wait(within: .seconds(3600)) { $0.isEmpty ? nil : $0.removeFirst() }
                guard let job else { continue }
                let pid = spawn(job)
                job.answer.change { $0 = pid }
            }
        }
        thread.name = "spawn"
        thread.start()
        return jobs
    }()

    /// The process id of the started program, or -1.
    static func start(
        _ arguments: [String], environment: [String: String], output: Int32, error: Int32
    ) -> pid_t {
        let answer = Guarded<pid_t?>(nil)
        let job = Job(arguments: arguments, environment: environment, output: output, error: error, answer: answer)
        jobs.change { $0.append(job) }
        return answer.wait(within: .seconds(30)) { $0 } ?? -1
    }

    private static func spawn(_ job: Job) -> pid_t {
        unsafe withCStrings(job.arguments) { arguments in
            unsafe withCStrings(job.environment.map { "\($0.key)=\($0.value)" }) { environment in
                unsafe clinux_spawn(arguments, environment, job.output, job.error, SIGKILL)
            }
        }
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        let copies = unsafe strings.map { unsafe strdup($0) }
        defer { unsafe copies.forEach { unsafe free($0) } }
        let pointers = unsafe copies.map { unsafe UnsafePointer<CChar>($0) } + [nil]
        return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
>>>>>>> e2e
    }
}
