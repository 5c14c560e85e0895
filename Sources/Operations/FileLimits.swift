import CLinux

/// How many descriptors the process may open.
public enum FileLimits {
    /// Lifts the soft limit to the hard one and returns it; nil when the system will not say.
    public static func raise() -> Int? {
        let limit = clinux_raise_fd_limit()
        return limit < 0 ? nil : Int(limit)
    }
}
