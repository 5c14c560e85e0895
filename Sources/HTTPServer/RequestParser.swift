import Base

// DESIGN
// A pure machine over the bytes of one request, which the caller passes from the request's first byte on, each time
// with more of them. It remembers how far it understood them, so a request that arrives byte by byte costs O(bytes).
// Its answer depends on the bytes alone and never on how they were cut: a line is judged when its end is there, a stray
// byte as soon as it is seen, and no byte beyond a limit is read. The subset of RFC 9112 is strict: where two readers
// might disagree about where a request ends, it is refused.

/// Turns bytes into one request, strictly by RFC 9112 and within limits.
public struct RequestParser: Sendable {
    public enum Outcome: Equatable, Sendable {
        case incomplete
        /// One request is whole; the next one begins `consumed` bytes after its first byte.
        case complete(consumed: Int)
        /// Where the next request begins can't be trusted: answer and close.
        case refused(Refusal)
    }

    private enum Phase { case requestLine, fields, countedBody, chunkedBody }

    private let limits: RequestLimits
    private var phase = Phase.requestLine
    private var position = 0
    private var searched = 0
    private var fieldCount = 0
    private var hasSkippedLine = false
    private var wantsClose = false
    private var wantsKeepAlive = false
    public private(set) var head = RequestHead()
    private var chunked: ChunkedBody?

    public init(limits: RequestLimits) {
        precondition((64...65_535).contains(limits.headBytes), "places in a head are kept in 16 bits")
        self.limits = limits
    }

    /// Begins the next request.
    public mutating func reset() {
        phase = .requestLine
        (position, searched, fieldCount) = (0, 0, 0)
        (hasSkippedLine, wantsClose, wantsKeepAlive) = (false, false, false)
        head.clear()
        if chunked != nil { chunked = nil }
    }

    /// True from the end of the head on.
    public var isHeadComplete: Bool { phase == .countedBody || phase == .chunkedBody }

    /// Goes on with `bytes`, which begin at the request's first byte and hold at least those of the call before.
    public mutating func parse(_ bytes: Span<UInt8>) -> Outcome {
        while true {
            switch phase {
            case .requestLine, .fields:
                switch LineScanner.scan(bytes, from: searched, limit: limits.headBytes) {
                case .strayByte: return .refused(.strayByte)
                case .tooLong: return .refused(phase == .requestLine ? .targetTooLong : .headTooLarge)
                case .incomplete(let reached):
                    searched = reached
                    return .incomplete
                case .found(let end):
                    let line = position..<end
                    position = end + 2
                    searched = position
                    if let refusal = take(bytes, line) { return .refused(refusal) }
                }
            case .countedBody:
                guard case .counted(let length) = head.framing, bytes.count - position >= length else {
                    return .incomplete
                }
                return .complete(consumed: position + length)
            case .chunkedBody:
                return advanceChunks(bytes)
            }
        }
    }

    /// The body within the bytes last given to `parse`, or nil when it was chunked and lies in `chunkedBytes`.
    public var bodyRange: Range<Int>? {
        guard case .counted(let length) = head.framing else { return nil }
        return position..<position + length
    }

    public var chunkedBytes: [UInt8] { chunked?.bytes ?? [] }

    private mutating func take(_ bytes: Span<UInt8>, _ line: Range<Int>) -> Refusal? {
        guard phase == .fields else {
            // RFC 9112 2.2: one empty line before the request line is accepted.
            if line.isEmpty, !hasSkippedLine {
                hasSkippedLine = true
                return nil
            }
            phase = .fields
            return RequestLine.read(bytes, line, targetLimit: limits.targetBytes, into: &head)
        }
        if line.isEmpty { return finishHead(bytes) }
        fieldCount += 1
        if fieldCount > limits.fieldCount { return .tooManyFields }
        guard let (known, value) = FieldLine.split(bytes, line) else { return .malformedField }
        guard let known else { return nil }
        return take(bytes, known, value)
    }

    private mutating func take(_ bytes: Span<UInt8>, _ name: KnownHeader, _ value: Range<Int>) -> Refusal? {
        if head.value(name) == nil {
            head.set(name, to: value)
        } else if name.isSingleton {
            return .repeatedField
        }
        switch name {
        case .host: return FieldLine.isHost(bytes, value) ? nil : .malformedHost
        case .contentLength:
            guard let length = FieldLine.length(bytes, value) else { return .malformedLength }
            head.framing = .counted(length)
            return nil
        case .transferEncoding: return FieldLine.transferEncoding(bytes, value)
        case .connection:
            FieldLine.connection(bytes, value, close: &wantsClose, keepAlive: &wantsKeepAlive)
            return nil
        default: return nil
        }
    }

    private mutating func finishHead(_ bytes: Span<UInt8>) -> Refusal? {
        guard head.isHTTP10 || head.value(.host) != nil else { return .missingHost }
        head.keepsAlive = !wantsClose && (!head.isHTTP10 || wantsKeepAlive)
        let isChunked = head.value(.transferEncoding) != nil
        if isChunked {
            if head.value(.contentLength) != nil { return .conflictingLengths }
            // RFC 9112 6.1: a transfer coding in HTTP/1.0 is faulty framing.
            if head.isHTTP10 { return .malformedEncoding }
            head.framing = .chunked
            chunked = ChunkedBody()
        }
        if let expectation = head.value(.expect), !head.isHTTP10 {
            guard expectation.count == 12, bytes.holdsFolded("100-continue", at: expectation.lowerBound) else {
                return .expectationFailed
            }
            head.expectsContinue = true
        }
        if case .counted(let length) = head.framing, length > limits.bodyBytes { return .bodyTooLarge }
        phase = isChunked ? .chunkedBody : .countedBody
        return nil
    }

    private mutating func advanceChunks(_ bytes: Span<UInt8>) -> Outcome {
        switch chunked?.advance(bytes, &position, limits: limits) {
        case .complete(let end): .complete(consumed: end)
        case .refused(let refusal): .refused(refusal)
        default: .incomplete
        }
    }
}
