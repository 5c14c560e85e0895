import Glibc

/// The first `atMost` bytes of a file, nil when it cannot be read.
public func readFile(_ path: String, atMost: Int = 1 << 20) -> [UInt8]? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while bytes.count < atMost {
        let count = unsafe read(descriptor, &chunk, min(chunk.count, atMost - bytes.count))
        if count < 0 { return nil }
        if count == 0 { break }
        bytes += chunk[..<count]
    }
    return bytes
}

/// Replaces the file as a whole: whoever reads sees the old or the new, also after a crash.
///
/// - Parameter mode: of the new file, as 0o600.
public func replaceFile(_ path: String, with text: String, mode: UInt32) throws(Failure) {
    let temporary = path + ".new"
    unsafe unlink(temporary)
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw fileFailure(temporary) }
    let bytes = Array(text.utf8)
    var written = 0
    while written < bytes.count {
        let count = unsafe bytes[written...].withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else {
            let failure = fileFailure(temporary)
            close(descriptor)
            throw failure
        }
        written += count
    }
    let isSynced = fsync(descriptor) == 0
    close(descriptor)
    guard isSynced, unsafe rename(temporary, path) == 0 else { throw fileFailure(path) }
}

/// The failure of the last system call on `path`.
func fileFailure(_ path: String) -> Failure {
    unsafe Failure(.failed, "\(path): \(String(cString: strerror(errno)))")
}

/// The text of a file of one line: without white space around it.
public func readLine(of path: String) -> String? {
    guard let bytes = readFile(path, atMost: 4_096) else { return nil }
    return trimmed(String(decoding: bytes, as: UTF8.self))
}

public func trimmed(_ text: String) -> String {
    var rest = Substring(text)
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
}
