import Foundation
import Glibc

/// Standard output or standard error, unbuffered.
public struct Output: Sendable {
    private let descriptor: Int32

    public static let standard = Output(descriptor: STDOUT_FILENO)
    public static let error = Output(descriptor: STDERR_FILENO)

    public var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Who stops reading our output, as `| head` does, stops the output and not the run.
    ///
    /// - Returns: whether it arrived; a result that did not is no result.
    @discardableResult
    public func write(_ text: String) -> Bool {
        (try? FileHandle(fileDescriptor: descriptor).write(contentsOf: Data(text.utf8))) != nil
    }

    @discardableResult
    public func line(_ text: String) -> Bool { write(text + "\n") }
}
