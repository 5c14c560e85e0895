import HTTPServer

/// The parser says the same of the same bytes however they are cut, consumes no more than it was given, and hands out
/// places that lie within.
///
/// The first byte chooses the limits; the rest is the input.
func fuzzHTTP(_ bytes: [UInt8]) {
    guard bytes.count > 1 else { return }
    let input = Array(bytes[1...])
    let limits = bytes[0] & 1 == 0 ? RequestLimits() : smallLimits
    let whole = trace(input, limits: limits) { _ in input.count }
    let dripped = trace(input, limits: limits) { _ in 1 }
    require(whole == dripped, "the answer depends on the cuts")
    var cuts = RandomCuts(seed: bytes)
    let random = trace(input, limits: limits) { cuts.next(most: $0) }
    require(whole == random, "the answer depends on the cuts")
}

private let smallLimits: RequestLimits = {
    var limits = RequestLimits()
    limits.headBytes = 128
    limits.targetBytes = 32
    limits.fieldCount = 4
    limits.bodyBytes = 32
    return limits
}()

private enum Event: Equatable {
    case request(at: Int, RequestParser.Outcome, Method, path: [UInt8], query: [UInt8], body: [UInt8], keepsAlive: Bool)
    case refused(at: Int, Refusal)
    case incomplete(at: Int)
}

/// Feeds `input` in pieces of `next(rest)` bytes and notes what came of it.
private func trace(_ input: [UInt8], limits: RequestLimits, next: (Int) -> Int) -> [Event] {
    var parser = RequestParser(limits: limits)
    var events: [Event] = []
    var start = 0
    var end = 0
    while end < input.count {
        end += next(input.count - end)
        while start < end {
            let given = Array(input[start..<end])
            let outcome = parser.parse(given.span)
            if case .refused(let refusal) = outcome { return events + [.refused(at: start, refusal)] }
            guard case .complete(let consumed) = outcome else { break }
            require(consumed > 0 && consumed <= given.count, "consumed more than there was")
            events.append(event(parser, given, at: start, outcome, limits))
            start += consumed
            parser.reset()
        }
    }
    return events + [.incomplete(at: start)]
}

private func event(
    _ parser: RequestParser, _ given: [UInt8], at start: Int, _ outcome: RequestParser.Outcome, _ limits: RequestLimits
) -> Event {
    let head = parser.head
    let body = parser.bodyRange.map { Array(given[$0]) } ?? parser.chunkedBytes
    require(body.count <= limits.bodyBytes, "a body above the limit")
    require(head.path.range.count + head.query.range.count <= limits.targetBytes, "a target above the limit")
    for name in KnownHeader.allCases {
        guard let range = head.value(name) else { continue }
        require(!given[range].contains { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F }, "a control byte in a value")
    }
    return .request(
        at: start, outcome, head.method, path: Array(given[head.path.range]), query: Array(given[head.query.range]),
        body: body, keepsAlive: head.keepsAlive)
}
