public import Base
import CLinux
import EventLoop
import Glibc

// DESIGN
// The names are those of the Prometheus clients, so that dashboards for processes fit. Read at a scrape, from the
// kernel, and from nowhere else.

extension MetricsPage {
    /// What the process costs, how late its loops are, and which build it is.
    ///
    /// - Parameter lags: of each loop, the longest of the last seconds.
    public mutating func addProcess(_ program: String, lags: [TimeSpan]) {
        gauge(
            "sluice_build_info", help: "1: which program this is, and of which build",
            labels: ["program": program, "version": BuildVersion.current, "commit": BuildVersion.commit], 1)
        for (index, lag) in lags.enumerated() {
            gauge(
                "sluice_loop_lag_seconds", help: "how late a timer ran at most in the last 10 to 20 s",
                labels: ["loop": "\(index)"], .scaled(lag.nanoseconds, .nanoseconds))
        }
        counter(
            "process_cpu_seconds_total", help: "processor time, user and system",
            .scaled(clinux_process_cpu_ns(), .nanoseconds))
        if let pages = Self.residentPages {
            gauge("process_resident_memory_bytes", help: "memory in use", pages * Int64(sysconf(Int32(_SC_PAGESIZE))))
        }
        if let open = Self.openDescriptors { gauge("process_open_fds", help: "open descriptors", open) }
        var limit = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            gauge("process_max_fds", help: "descriptors it may open", Int64(clamping: limit.rlim_cur))
        }
        gauge(
            "process_start_time_seconds", help: "when it started, since 1970",
            .scaled(Self.startedAt.milliseconds, .milliseconds))
    }

    /// As near as the first scrape or log line comes to it.
    private static let startedAt = EventLoop.readWallClock()

    /// Call it early: the start of the process is when this was first called.
    public static func processStarted() { _ = startedAt }

    /// The second number of /proc/self/statm.
    private static var residentPages: Int64? {
        guard case .content(let bytes) = FileDescriptor.readFile("/proc/self/statm", limit: 4096) else { return nil }
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        return words.count > 1 ? Int64(words[1]) : nil
    }

    private static var openDescriptors: Int64? {
        guard let folder = unsafe opendir("/proc/self/fd") else { return nil }
        defer { unsafe closedir(folder) }
        var count: Int64 = 0
        while unsafe readdir(folder) != nil { count += 1 }
        return max(0, count - 3)  // itself, . and ..
    }
}
