import Foundation
import Glibc

/// Standard output or standard error, unbuffered.
package struct Output: Sendable {
    private let descriptor: Int32

    package static let standard = Output(descriptor: STDOUT_FILENO)
    package static let error = Output(descriptor: STDERR_FILENO)

    package var isTerminal: Bool { isatty(descriptor) == 1 }

    package func write(_ text: String) {
        // Who stops reading our output, as `| head` does, stops the output and not the run.
        try? FileHandle(fileDescriptor: descriptor).write(contentsOf: Data(text.utf8))
    }

    package func line(_ text: String) { write(text + "\n") }
}
