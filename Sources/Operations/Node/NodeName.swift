import Glibc

/// Names of running processes.
public enum NodeName {
    /// `base` with the process id and random digits: every start of a worker or scheduler is another node, so that what
    /// an earlier one left behind is never taken for this one's.
    public static func unique(_ base: String) -> String {
        "\(base)-\(getpid())-\(String(UInt32.random(in: .min ... .max), radix: 36))"
    }
}
