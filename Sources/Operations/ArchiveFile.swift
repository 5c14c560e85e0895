import Glibc
import Sodium

/// A file that is written under a name of its own, read back, and given its name when it is whole and on the disk. Its
/// methods block, and a value goes from thread to thread.
public struct ArchiveFile: Sendable {
    public struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
        public let description: String

        init(_ call: String, _ path: String) {
            description = unsafe "\(call) \(path): \(String(cString: strerror(errno)))"
        }

        init(reason: String) { description = reason }
    }

    public let path: String
    private let folder: String
    private let descriptor: Int32
    private var hash = SHA256()
    public private(set) var bytes: Int64 = 0
    public private(set) var lines: Int64 = 0
    public var digest: String { hash.digest }
    private let partialPath: String

    /// Makes the folder where it is missing, and begins the file anew.
    public init(_ name: String, in folder: String) throws(Failure) {
        (path, self.folder) = ("\(folder)/\(name)", folder)
        partialPath = "\(path).\(getpid()).partial"  // another process may write the same one
        if unsafe mkdir(folder, 0o700) != 0, errno != EEXIST { throw Failure("mkdir", folder) }
        descriptor = unsafe open(partialPath, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw Failure("open", partialPath) }
    }

    /// Appends whole lines.
    public mutating func append(_ text: [UInt8]) throws(Failure) {
        guard FileDescriptor.writeAll(text, to: descriptor) else { throw Failure("write", partialPath) }
        hash.update(text)
        bytes += Int64(text.count)
        lines += Int64(text.count { $0 == UInt8(ascii: "\n") })
    }

    /// Ends the file: it is on the disk, holds what was written, and has its name.
    public func finish() throws(Failure) {
        defer { close(descriptor) }
        do throws(Failure) {
            try settle()
        } catch {
            _ = unsafe unlink(partialPath)
            throw error
        }
    }

    private func settle() throws(Failure) {
        guard fsync(descriptor) == 0 else { throw Failure("fsync", partialPath) }
        try compare()
        guard unsafe rename(partialPath, path) == 0 else { throw Failure("rename", path) }
        let directory = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw Failure("open", folder) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw Failure("fsync", folder) }
    }

    /// Reads all of it back.
    private func compare() throws(Failure) {
        guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw Failure("lseek", partialPath) }
        var (found, count, rows) = (SHA256(), Int64(0), Int64(0))
        var chunk = [UInt8](repeating: 0, count: 256 * 1024)
        while true {
            let length = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if length == 0 { break }
            if length < 0, errno == EINTR { continue }
            guard length > 0 else { throw Failure("read", partialPath) }
            let part = Array(chunk[..<length])
            found.update(part)
            count += Int64(length)
            rows += Int64(part.count { $0 == UInt8(ascii: "\n") })
        }
        guard found.digest == digest, count == bytes, rows == lines else {
            throw Failure(reason: "\(partialPath) was read back with other bytes than were written")
        }
    }

    /// Drops what was written.
    public func abandon() {
        close(descriptor)
        _ = unsafe unlink(partialPath)
    }
}
