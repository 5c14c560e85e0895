import Base
import CLinux
import Foundation

@testable import TestKit

/// A small HTTP server for trying the test clients on: one thread a connection, one canned answer a request.
final class StandInServer: Sendable {
    private struct State: Sendable {
        var isOpen = true
        var requests: [String] = []
    }

    let endpoint: Endpoint
    private let state = Guarded(State())

    /// - Parameter answer: raw bytes for the request text and its number from 0; nil closes the connection instead.
    init(answer: @escaping @Sendable (String, Int) -> String?) {
        let listener = unsafe clinux_listen_tcp("127.0.0.1", 0, 128, 0)
        precondition(listener >= 0)
        endpoint = Endpoint(port: UInt16(clinux_bound_port(listener)))
        let state = state
        Thread.detachNewThread {
            while state.current.isOpen {
                guard Self.isReadable(listener, within: 20) else { continue }
                let connection = clinux_accept(listener)
                guard connection >= 0 else { continue }
                Thread.detachNewThread { Self.serve(connection, state, answer) }
            }
            close(listener)
        }
    }

    deinit { state.change { $0.isOpen = false } }

    var requests: [String] { state.current.requests }

    static func reply(_ status: Int, _ body: String, headers: String = "") -> String {
        "HTTP/1.1 \(status) Any\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private static func isReadable(_ fd: Int32, within milliseconds: Int32) -> Bool {
        var request = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&request, 1, milliseconds) > 0
    }

    private static func serve(
        _ fd: Int32, _ state: Guarded<State>, _ answer: @Sendable (String, Int) -> String?
    ) {
        defer { close(fd) }
        var pending: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while state.current.isOpen {
            guard isReadable(fd, within: 20) else { continue }
            let count = unsafe read(fd, &piece, piece.count)
            guard count > 0 else { return }
            pending += piece[..<count]
            while let request = cutRequest(&pending) {
                let number = state.change { state in
                    state.requests.append(request)
                    return state.requests.count - 1
                }
                guard let text = answer(request, number) else { return }
                let bytes = Array(text.utf8)
                guard unsafe clinux_send(fd, bytes, bytes.count) == bytes.count else { return }
            }
        }
    }

    private static func cutRequest(_ pending: inout [UInt8]) -> String? {
        let text = String(decoding: pending, as: UTF8.self)
        guard let head = text.range(of: "\r\n\r\n") else { return nil }
        var length = 0
        for line in text[..<head.lowerBound].split(separator: "\r\n") where line.hasPrefix("Content-Length: ") {
            length = Int(line.dropFirst(16)) ?? 0
        }
        let total = text[..<head.upperBound].utf8.count + length
        guard pending.count >= total else { return nil }
        defer { pending.removeFirst(total) }
        return String(decoding: pending[..<total], as: UTF8.self)
    }
}
