import CLinux
import EventLoop
import Glibc

@testable import CommandLineModule

/// An HTTP server for one connection: it keeps the request and sends the given bytes.
final class OneAnswerServer: Sendable {
    let address: String
    private let received = Locked<String>("")
    private let thread = Locked<LoopThread?>(nil)

    init(answering answer: String) {
        let listener = unsafe clinux_listen_tcp("127.0.0.1", 0, 1, 0)
        address = "http://127.0.0.1:\(clinux_bound_port(listener))"
        thread.withLock { $0 = LoopThread { [self] in serve(listener, answer) } }
    }

    /// The whole request, once it has been answered.
    func request() -> String {
        thread.withLock { $0?.join() }
        return received.withLock { $0 }
    }

    private func serve(_ listener: Int32, _ answer: String) {
        defer { close(listener) }
        guard RunningUp.isReadable(listener) else { return }
        let connection = clinux_accept(listener)
        defer { close(connection) }
        var text = ""
        while !Self.isWhole(text), RunningUp.isReadable(connection) {
            var chunk = [UInt8](repeating: 0, count: 4_096)
            let count = unsafe clinux_receive(connection, &chunk, chunk.count)
            guard count > 0 else { break }
            text += String(decoding: chunk[..<count], as: UTF8.self)
        }
        received.withLock { $0 = text }
        writeAll(connection, answer)
    }

    private static func isWhole(_ text: String) -> Bool {
        text.contains("\r\n\r\n") && (text.hasPrefix("GET") || text.hasSuffix("}"))
    }
}
