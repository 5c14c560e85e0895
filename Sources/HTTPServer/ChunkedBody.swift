import Base

/// The result of one call of a `ChunkedBody`.
enum ChunkedProgress: Equatable {
    case incomplete
    /// The body is whole; the next request begins at this index.
    case complete(Int)
    case refused(Refusal)
}

/// Puts a chunked body together: sizes in hexadecimal without extensions, trailers checked and dropped.
///
/// Extensions are refused, which RFC 9112 7.1.1 permits as a limit of zero: only smugglers send them. Framing
/// and trailers each have the head's limit, so a bomb of one-byte chunks ends after some 1,600 of them.
struct ChunkedBody {
    private enum Phase { case size, data, dataEnd, trailers }

    private var phase = Phase.size
    private(set) var bytes: [UInt8] = []
    private var remaining = 0
    private var framing = 0
    private var trailersStart = 0
    private var trailerCount = 0
    private var searched = 0

    /// Goes on at `position`, which it moves past everything understood.
    mutating func advance(_ input: Span<UInt8>, _ position: inout Int, limits: RequestLimits) -> ChunkedProgress {
        while true {
            switch phase {
            case .size:
                switch readSize(input, position) {
                case .incomplete: return .incomplete
                case .refused(let refusal): return .refused(refusal)
                case .complete(let next):
                    framing += next - position + 2
                    if framing > limits.headBytes { return .refused(.chunkFramingTooLarge) }
                    if remaining > limits.bodyBytes - bytes.count { return .refused(.bodyTooLarge) }
                    position = next
                    phase = remaining == 0 ? .trailers : .data
                    (trailersStart, searched) = (position, position)
                }
            case .data:
                let count = min(remaining, input.count - position)
                unsafe input.extracting(position..<position + count).withUnsafeBufferPointer {
                    unsafe bytes.append(contentsOf: $0)
                }
                position += count
                remaining -= count
                if remaining > 0 { return .incomplete }
                phase = .dataEnd
            case .dataEnd:
                guard position < input.count else { return .incomplete }
                guard input[position] == UInt8(ascii: "\r") else { return .refused(.malformedChunk) }
                guard position + 1 < input.count else { return .incomplete }
                guard input[position + 1] == UInt8(ascii: "\n") else { return .refused(.malformedChunk) }
                position += 2
                phase = .size
            case .trailers:
                if let progress = readTrailer(input, &position, limits) { return progress }
            }
        }
    }

    private mutating func readSize(_ input: Span<UInt8>, _ start: Int) -> ChunkedProgress {
        var index = start
        var size: UInt64 = 0
        while index < input.count, let digit = UInt8(hexDigit: input[index]) {
            guard index - start < 16 else { return .refused(.malformedChunk) }
            size = size << 4 | UInt64(digit)
            index += 1
        }
        guard index < input.count else { return .incomplete }
        guard index > start, input[index] == UInt8(ascii: "\r") else { return .refused(.malformedChunk) }
        guard index + 1 < input.count else { return .incomplete }
        guard input[index + 1] == UInt8(ascii: "\n"), let exact = Int(exactly: size) else {
            return .refused(.malformedChunk)
        }
        remaining = exact
        return .complete(index + 2)
    }

    /// Reads one trailer line; nil when another one follows.
    private mutating func readTrailer(
        _ input: Span<UInt8>, _ position: inout Int, _ limits: RequestLimits
    ) -> ChunkedProgress? {
        switch LineScanner.scan(input, from: searched, limit: trailersStart + limits.headBytes) {
        case .strayByte: return .refused(.strayByte)
        case .tooLong: return .refused(.headTooLarge)
        case .incomplete(let reached):
            searched = reached
            return .incomplete
        case .found(let end):
            let line = position..<end
            position = end + 2
            searched = position
            if line.isEmpty { return .complete(position) }
            trailerCount += 1
            if trailerCount > limits.fieldCount { return .refused(.tooManyFields) }
            return FieldLine.split(input, line) == nil ? .refused(.malformedField) : nil
        }
    }
}
