import Glibc
import Operations

/// A file of at most `atMost` bytes, nil when it cannot be read.
public func readFile(_ path: String, atMost: Int = 1 << 20) -> [UInt8]? {
    if case .content(let bytes) = FileDescriptor.readFile(path, limit: atMost) { bytes } else { nil }
}

/// Replaces the file as a whole: a reader sees the old or the new one, also after a crash.
///
/// - Parameter mode: of the new file, as 0o600.
public func replaceFile(_ path: String, with text: String, mode: UInt32) throws(Failure) {
    let temporary = path + ".new"
    unsafe unlink(temporary)
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw fileFailure(temporary) }
    guard FileDescriptor.writeAll(Array(text.utf8), to: descriptor) else {
        let failure = fileFailure(temporary)
        close(descriptor)
        throw failure
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
    var kept = Substring(text)
    while kept.first?.isWhitespace == true { kept.removeFirst() }
    while kept.last?.isWhitespace == true { kept.removeLast() }
    return String(kept)
}
