import CLinux
import Glibc

/// A connection to a redis-server that waits for each reply, at most 5 s. Its own few lines of RESP, so that tests of
/// the client do not check the client with itself.
final class BlockingConnection {
    private let descriptor: Int32
    private var input: [UInt8] = []
    private var position = 0

    init?(path: String) {
        descriptor = unsafe clinux_connect_unix(path)
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    /// Nil when the server is gone, or silent for 5 s.
    func request(_ words: [String]) -> String? {
        var text = "*\(words.count)\r\n"
        for word in words { text += "$\(word.utf8.count)\r\n\(word)\r\n" }
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            guard wait(for: Int16(POLLOUT)) else { return nil }
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe clinux_send(descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent)
            }
            guard count > 0 else { return nil }
            sent += count
        }
        return readReply()
    }

    private func readReply() -> String? {
        guard let line = readLine(), let type = line.utf8.first else { return nil }
        let rest = String(line.dropFirst())
        switch type {
        case UInt8(ascii: "$"):
            guard let count = Int(rest) else { return nil }
            return count < 0 ? "(nil)" : readBytes(count)
        case UInt8(ascii: "*"):
            guard let count = Int(rest) else { return nil }
            var parts: [String] = []
            for _ in 0..<max(0, count) {
                guard let part = readReply() else { return nil }
                parts.append(part)
            }
            return parts.joined(separator: "\n")
        default: return rest
        }
    }

    private func readLine() -> String? {
        var end = position
        while true {
            while end < input.count, input[end] != UInt8(ascii: "\n") { end += 1 }
            if end < input.count { break }
            guard fill() else { return nil }
        }
        defer { position = end + 1 }
        return String(decoding: input[position..<(end - 1)], as: UTF8.self)
    }

    private func readBytes(_ count: Int) -> String? {
        while input.count < position + count + 2 {
            guard fill() else { return nil }
        }
        defer { position += count + 2 }
        return String(decoding: input[position..<(position + count)], as: UTF8.self)
    }

    private func fill() -> Bool {
        guard wait(for: Int16(POLLIN)) else { return false }
        var chunk = [UInt8](repeating: 0, count: 16 * 1024)
        let count = unsafe clinux_receive(descriptor, &chunk, chunk.count)
        guard count > 0 else { return false }
        input.append(contentsOf: chunk.prefix(count))
        return true
    }

    private func wait(for events: Int16) -> Bool {
        var waiting = pollfd(fd: descriptor, events: events, revents: 0)
        return unsafe poll(&waiting, 1, 5_000) == 1
    }
}
