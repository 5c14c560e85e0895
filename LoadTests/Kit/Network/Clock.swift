import CLoad
import Glibc

extension Nanoseconds {
    /// The present on this machine's monotonic clock. Machines get it as an argument.
    public static var now: Nanoseconds { Nanoseconds(cload_monotonic_ns()) }
}

/// A system call that failed, with errno.
public struct SystemError: Error, CustomStringConvertible {
    public let call: String
    public let number: Int32

    init(_ call: String) {
        self.call = call
        number = cload_errno()
    }

    public var description: String { unsafe "\(call): \(String(cString: strerror(number)))" }
}
