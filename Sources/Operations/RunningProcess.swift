import Glibc

/// This process among those of its machine, and how it ends.
public enum RunningProcess {
    public static var id: Int64 { Int64(getpid()) }

    /// Whether a process of this machine has the id.
    public static func isAlive(_ id: Int64) -> Bool { kill(pid_t(clamping: id), 0) == 0 || errno == EPERM }

    /// This machine's own name for where ids count: its boot and the space of ids; empty where it says none.
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

    /// Ends the process; what it wrote is flushed.
    public static func end() -> Never { exit(0) }

    /// Ends the process at once with a failure.
    public static func fail() -> Never { _exit(1) }
}
