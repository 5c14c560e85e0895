public import Base
import Foundation

/// Processor time that a process of this machine has used so far, all its threads together.
///
/// From `schedstat`, in nanoseconds: `stat` counts in ticks of 10 ms, too coarse for 1 % of a core. Nil once it is
/// gone.
public func processorTime(of pid: Int32) -> TimeSpan? {
    let tasks = "/proc/\(pid)/task"
    guard let threads = try? FileManager.default.contentsOfDirectory(atPath: tasks) else { return nil }
    var total: Int64 = 0
    for thread in threads {
        let text = (try? String(contentsOfFile: "\(tasks)/\(thread)/schedstat", encoding: .utf8)) ?? ""
        total += text.split(separator: " ").first.flatMap { Int64($0) } ?? 0
    }
    return .nanoseconds(total)
}
