import Glibc

/// Whole reads and writes on the control path; they block.
public enum FileDescriptor {
    /// Writes all of `bytes`, going on after a short write or a signal; false when the descriptor failed.
    @discardableResult
    public static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var unwritten = bytes[...]
        while !unwritten.isEmpty {
            let count = unsafe unwritten.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                unwritten = unwritten.dropFirst(count)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }

    /// Reads a regular file or a pipe to its end, unless it is longer than `limit` bytes.
    public static func readFile(_ path: String, limit: Int) -> Surroundings.FileAnswer {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return unsafe .failure(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while content.count <= limit {
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return .content(content) }
            if count > 0 {
                content += chunk[..<count]
            } else if errno != EINTR {
                return unsafe .failure(String(cString: strerror(errno)))
            }
        }
        return .tooLarge
    }
}
