public import Base
import CLinux
import EventLoop
import Glibc

// DESIGN
// Two locks on one file. The record lock belongs to this process alone and ends with it: it names the holder of the
// folder by pid, and no pid can be mistaken for a later one. The flock belongs to the open file, which the children
// inherit: it shows that a process may still write here, such as a redis-server that is dying after its `up` was
// killed.

/// The right to run on a data folder; held until the process ends.
public struct DataLock: ~Copyable {
    /// How long the children of a dead `up` may take to die.
    public static let patience = TimeSpan.seconds(5)
    private let descriptor: Int32

    /// Takes the lock; throws with the name of its holder.
    public init(file: String) throws(Failure) {
        descriptor = unsafe open(file, O_RDWR | O_CREAT, 0o600)
        guard descriptor >= 0 else { throw fileFailure(file) }
        let deadline = EventLoop.readMonotonicClock() + Self.patience
        while clinux_lock(descriptor) != 0 {
            let owner = clinux_owner(descriptor)
            if owner > 0 {
                throw Self.refusal(file, "process \(owner)", "stop it first (kill \(owner)), or use another --data")
            }
            guard EventLoop.readMonotonicClock() < deadline else {
                throw Self.refusal(
                    file, "processes that an earlier `sluice up` left",
                    "look for redis-server and sluice-… processes, and end them")
            }
            usleep(20_000)
        }
        // Between the two locks another `up` cannot come in: it would wait for the first.
        guard clinux_own(descriptor) == 0 else { throw fileFailure(file) }
        let text = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        _ = unsafe pwrite(descriptor, text, text.count, 0)
    }

    private static func refusal(_ file: String, _ holder: String, _ hint: String) -> Failure {
        Failure(.failed, "the data folder is in use by \(holder) (\(file))", hint: hint)
    }

    /// Gives the folder free; what is not ended ends with the process.
    public consuming func end() {}

    deinit { close(descriptor) }
}
