/// Cuts a stream of bytes into HTTP/1.1 answers: by Content-Length, by chunks, or by the end of the stream.
struct ReplyParser {
    enum Failure: Error { case malformed(String) }

    private var buffer: [UInt8] = []
    private var start = 0  // first byte not used yet

    var isEmpty: Bool { start == buffer.count }

    mutating func feed(_ bytes: some Sequence<UInt8>) {
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next whole answer; nil while some of it is missing.
    ///
    /// - Parameters:
    ///   - bodiless: the request was a HEAD.
    ///   - ended: the peer has closed, so an answer without a length ends here.
    mutating func next(bodiless: Bool = false, ended: Bool = false) throws(Failure) -> HTTPReply? {
        while let headEnd = find([13, 10, 13, 10], from: start) {
            var reply = try Self.head(String(decoding: buffer[start..<headEnd], as: UTF8.self))
            let bodyStart = headEnd + 4
            if (100..<200).contains(reply.status) {  // informational: the answer itself follows
                start = bodyStart
                continue
            }
            if bodiless || reply.status == 204 || reply.status == 304 {
                start = bodyStart
            } else if reply.header("Transfer-Encoding")?.lowercased() == "chunked" {
                guard let (body, end) = try chunks(from: bodyStart) else { return nil }
                reply.body = body
                start = end
            } else if let text = reply.header("Content-Length") {
                guard let length = Int(text), length >= 0 else { throw .malformed("Content-Length: \(text)") }
                guard buffer.count - bodyStart >= length else { return nil }
                reply.body = Array(buffer[bodyStart..<bodyStart + length])
                start = bodyStart + length
            } else {
                guard ended else { return nil }
                reply.body = Array(buffer[bodyStart...])
                start = buffer.count
            }
            return reply
        }
        return nil
    }

    private static func head(_ text: String) throws(Failure) -> HTTPReply {
        var lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
        let words = lines.removeFirst().split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0] == "HTTP/1.1", words[1].count == 3, let status = Int(words[1]) else {
            throw .malformed(String(text.prefix(80)))
        }
        var reply = HTTPReply(status: status, headers: [], body: [])
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { throw .malformed(String(line)) }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            reply.headers.append((String(line[..<colon]), String(value)))
        }
        return reply
    }

    private func chunks(from first: Int) throws(Failure) -> (body: [UInt8], end: Int)? {
        var body: [UInt8] = []
        var at = first
        while let lineEnd = find([13, 10], from: at) {
            let line = String(decoding: buffer[at..<lineEnd], as: UTF8.self)
            guard let size = Int(line.prefix { $0 != ";" }, radix: 16), size >= 0 else { throw .malformed(line) }
            let data = lineEnd + 2
            guard buffer.count >= data + size + 2 else { return nil }
            if size == 0 { return (body, data + 2) }  // our servers send no trailers
            body += buffer[data..<data + size]
            at = data + size + 2
        }
        return nil
    }

    /// Where `pattern` begins, at or after `offset`.
    private func find(_ pattern: [UInt8], from offset: Int) -> Int? {
        var at = offset
        while at < buffer.count, let first = buffer[at...].firstIndex(of: pattern[0]) {
            guard first + pattern.count <= buffer.count else { return nil }
            if buffer[first..<first + pattern.count].elementsEqual(pattern) { return first }
            at = first + 1
        }
        return nil
    }
}
