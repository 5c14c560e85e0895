import CLinux
import Glibc

/// This process among those of its machine: its id, its limits, its names, and how it ends.
public enum RunningProcess {
    public static var id: Int64 { Int64(getpid()) }

    /// Whether a process of this machine has the id.
    public static func isAlive(_ id: Int64) -> Bool { kill(pid_t(clamping: id), 0) == 0 || errno == EPERM }

    /// Names where ids count: this boot of the machine and the space of ids; empty where the system shows neither.
    public static var machine: String {
        guard case .content(let boot) = FileDescriptor.readFile("/proc/sys/kernel/random/boot_id", limit: 100) else {
            return ""
        }
        var space = [UInt8](repeating: 0, count: 64)
        let count = unsafe space.withUnsafeMutableBytes {
            unsafe readlink("/proc/self/ns/pid", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
        }
        let digits = space.prefix(max(0, count)).filter { (0x30...0x39).contains($0) }
        return String(decoding: boot.prefix(13) + [UInt8(ascii: "-")] + digits, as: UTF8.self)
    }

    /// Raises the soft limit of descriptors to the hard one and returns it; nil when the system refuses.
    @discardableResult
    public static func raiseFileLimit() -> Int? {
        let limit = clinux_raise_fd_limit()
        return limit < 0 ? nil : Int(limit)
    }

    /// `base` with the process id and random digits: every start of a worker or scheduler is another node, so that what
    /// an earlier one stored is never taken for this one's.
    static func uniqueName(_ base: String) -> String {
        "\(base)-\(getpid())-\(String(UInt32.random(in: .min ... .max), radix: 36))"
    }

    /// Ends the process; what it wrote is flushed.
    public static func end() -> Never { exit(0) }

    /// Ends the process at once with a failure.
    public static func fail() -> Never { _exit(1) }
}
