import Testing

@testable import HTTPServer

/// Small enough that every case can be cut at every offset.
enum CorpusLimits {
    static let value: RequestLimits = {
        var limits = RequestLimits()
        limits.headBytes = 256
        limits.targetBytes = 64
        limits.fieldCount = 8
        limits.bodyBytes = 64
        return limits
    }()
}

/// Feeds `pieces` to a parser as a connection would, and notes what came of them.
func outcomes(_ pieces: [ArraySlice<UInt8>], limits: RequestLimits = CorpusLimits.value) -> [String] {
    var parser = RequestParser(limits: limits)
    var held: [UInt8] = []
    var seen: [String] = []
    for piece in pieces {
        held += piece
        while !held.isEmpty {
            let outcome = parser.parse(held.span)
            if case .refused(let refusal) = outcome { return seen + ["\(refusal.status)"] }
            guard case .complete(let consumed) = outcome else { break }
            seen.append(describe(parser, held))
            held.removeFirst(consumed)
            parser.reset()
        }
    }
    return held.isEmpty ? seen : seen + ["incomplete"]
}

private func describe(_ parser: RequestParser, _ bytes: [UInt8]) -> String {
    func text(_ slice: ArraySlice<UInt8>) -> String { String(decoding: slice, as: UTF8.self) }
    var line = "\(parser.head.method)".uppercased() + " " + text(bytes[parser.head.path.range])
    let query = text(bytes[parser.head.query.range])
    if !query.isEmpty { line += "?" + query }
    let body = parser.bodyRange.map { bytes[$0] } ?? parser.chunkedBytes[...]
    return body.isEmpty ? line : line + " [" + text(body) + "]"
}

@Test(arguments: SmugglingCorpus.all)
func `reads or refuses each shape as the corpus wants`(_ entry: SmugglingCase) {
    #expect(outcomes([entry.input.latin1[...]]) == entry.expected)
}

@Test(arguments: SmugglingCorpus.all)
func `gives the same result however the bytes are cut`(_ entry: SmugglingCase) {
    let bytes = entry.input.latin1
    for cut in 1..<max(2, bytes.count) {
        #expect(outcomes([bytes[..<cut], bytes[cut...]]) == entry.expected, "cut at \(cut)")
    }
    #expect(outcomes(bytes.indices.map { bytes[$0...$0] }) == entry.expected, "byte by byte")
}

@Test func `the corpus is large and its names are unique`() {
    #expect(SmugglingCorpus.all.count >= 150)
    #expect(Set(SmugglingCorpus.all.map(\.name)).count == SmugglingCorpus.all.count)
}

@Test func `the limits of the public listener are 8 KiB, 64 fields, 2 KiB and 4 KiB`() {
    let limits = ServerLimits.publicListener.request
    func status(_ input: String) -> [String] { outcomes([Array(input.utf8)[...]], limits: limits) }
    func filler(_ count: Int) -> String { String(repeating: "a", count: count) }
    let head = "GET / HTTP/1.1\r\nHost: a\r\nX: "
    let most = 8192 - head.utf8.count - 4
    #expect(status(head + filler(most) + "\r\n\r\n") == ["GET /"])
    #expect(status(head + filler(most + 1) + "\r\n\r\n") == ["431"])
    let fields = String(repeating: "X: y\r\n", count: 63)
    #expect(status("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n") == ["GET /"])
    #expect(status("GET / HTTP/1.1\r\nHost: a\r\n\(fields)X: y\r\n\r\n") == ["431"])
    #expect(status("GET /\(filler(2047)) HTTP/1.1\r\nHost: a\r\n\r\n") == ["GET /" + filler(2047)])
    #expect(status("GET /\(filler(2048)) HTTP/1.1\r\nHost: a\r\n\r\n") == ["414"])
    let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: "
    #expect(status(post + "4096\r\n\r\n" + filler(4096)) == ["POST / [" + filler(4096) + "]"])
    #expect(status(post + "4097\r\n\r\n") == ["413"])
    #expect(ServerLimits.adminListener.request.bodyBytes == 65_536)
}

@Test func `known fields are found in whatever case, and absent ones are not`() {
    var parser = RequestParser(limits: RequestLimits())
    let names: [(KnownHeader, String)] = [
        (.host, "Host"), (.contentType, "content-TYPE"), (.idempotencyKey, "Idempotency-Key"),
        (.authorization, "Authorization"), (.ifNoneMatch, "If-None-Match"), (.traceparent, "traceparent"),
        (.connection, "Connection"), (.accept, "ACCEPT"), (.webhookID, "webhook-id"),
        (.origin, "ORIGIN"), (.acceptLanguage, "Accept-Language"), (.fetchSite, "Sec-Fetch-Site"),
    ]
    let lines = names.map { "\($0.1):  value-\($0.0.rawValue) \r\n" }.joined()
    let bytes = Array("GET / HTTP/1.1\r\n\(lines)\r\n".utf8)
    #expect(parser.parse(bytes.span) == .complete(consumed: bytes.count))
    for (name, _) in names {
        let value = parser.head.value(name).map { String(decoding: bytes[$0], as: UTF8.self) }
        #expect(value == "value-\(name.rawValue)")
    }
    #expect(parser.head.value(.expect) == nil)
    #expect(parser.head.value(.contentLength) == nil)
}

@Test(arguments: [
    ("1.1", "", true), ("1.1", "Connection: close\r\n", false), ("1.1", "Connection: CLOSE\r\n", false),
    ("1.1", "Connection: keep-alive, close\r\n", false), ("1.1", "Connection: x\r\nConnection: close\r\n", false),
    ("1.1", "Connection: closed\r\n", true), ("1.0", "", false), ("1.0", "Connection: Keep-Alive\r\n", true),
    ("1.0", "Connection: keep-alive, close\r\n", false),
])
func `keeps the connection by its version and its Connection field`(version: String, fields: String, keeps: Bool) {
    var parser = RequestParser(limits: RequestLimits())
    let bytes = Array("GET / HTTP/\(version)\r\nHost: a\r\n\(fields)\r\n".utf8)
    #expect(parser.parse(bytes.span) == .complete(consumed: bytes.count))
    #expect(parser.head.keepsAlive == keeps)
}

@Test func `the sets of characters are those of the RFCs`() {
    let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    let sets: [(CharacterSet, String)] = [
        (.token, letters + "!#$%&'*+-.^_`|~"), (.target, letters + "-._~!$&'()*+,;=:@/?%"),
        (.hostName, letters + "-._~%"),
    ]
    for (set, members) in sets {
        let expected = Set(members.utf8)
        for byte in UInt8.min...UInt8.max { #expect(set.contains(byte) == expected.contains(byte), "\(set) \(byte)") }
    }
}

@Test func `a target is judged alike whether its bytes are read together or one by one`() {
    for length in 1..<40 {
        for place in Set([0, length / 2, length - 1]) {
            for byte in UInt8.min...UInt8.max {
                var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: length)
                bytes[place] = byte
                let (isClean, question) = CharacterSet.scanTarget(bytes.span, 0..<length)
                #expect(isClean == CharacterSet.target.contains(byte), "\(byte) at \(place) of \(length)")
                #expect(!isClean || question == (byte == UInt8(ascii: "?") ? place : length))
            }
        }
    }
}

@Test func `a query begins at the first question mark, whatever stands around it`() {
    for (path, query) in [("/" + String(repeating: "a", count: 20), "b?c"), ("/!!", "?"), ("/", ""), ("/~%20", "(=)")] {
        for rest in ["", "~!", String(repeating: "/", count: 17)] {
            let text = Array("\(path)?\(query)\(rest)".utf8)
            let (isClean, question) = CharacterSet.scanTarget(text.span, 0..<text.count)
            #expect(isClean && question == path.utf8.count)
            for foreign in Array(" \"#<>[\\]^`{|}\u{7F}é".utf8) {
                let longer = text + [foreign]
                let (isStillClean, _) = CharacterSet.scanTarget(longer.span, 0..<longer.count)
                #expect(!isStillClean, "\(foreign)")
            }
        }
    }
}

@Test func `a host name ends where the table wants`() {
    for length in 1..<40 {
        for byte in UInt8.min...UInt8.max {
            var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: length)
            bytes[length / 2] = byte
            let end = CharacterSet.hostName.contains(byte) ? length : length / 2
            #expect(CharacterSet.endOfHostName(bytes.span, 0..<length) == end, "\(byte) of \(length)")
        }
    }
}

@Test func `finds a control byte at every place of a word`() {
    for length in 0..<40 {
        for bad in [UInt8(0), 0x08, 0x0A, 0x1F, 0x7F] {
            let bytes = [UInt8](repeating: 0x80, count: length) + [bad] + Array("aaaaaaaaaa\r\n".utf8)
            #expect(LineScanner.scan(bytes.span, from: 0, limit: 1000) == .strayByte)
        }
        let bytes = [UInt8](repeating: 0xFF, count: length) + Array("\t \r\n".utf8)
        #expect(LineScanner.scan(bytes.span, from: 0, limit: 1000) == .found(length + 2))
    }
}
