import Glibc

/// Signals to processes that one of our programs started, by the number it lists.
public enum Signal {
    /// False when there is no such process any more.
    public static func kill9(_ pid: Int32) -> Bool {
        // 0 and below would reach whole groups of processes.
        precondition(pid > 1)
        return kill(pid, SIGKILL) == 0
    }

    public static func isAlive(_ pid: Int32) -> Bool { pid > 1 && kill(pid, 0) == 0 }
}
