import Foundation

// Taking a store back in time, as a disk does that had not written all it was given.
extension RedisServerProcess {
    private var logDirectory: String { directory + "/appendonlydir" }
    private var copyDirectory: String { directory + "/appendonlydir.copy" }

    /// Copies the append-only files as they are now. With `appendfsync always` that is all that was acknowledged.
    public func copyLog() throws {
        try FileManager.default.copyItem(atPath: logDirectory, toPath: copyDirectory)
    }

    /// Puts the copy in place of the files; the server must not be running.
    public func restoreLog() throws {
        precondition(processID < 0, "still running")
        try FileManager.default.removeItem(atPath: logDirectory)
        try FileManager.default.copyItem(atPath: copyDirectory, toPath: logDirectory)
    }
}
