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
    }
}
