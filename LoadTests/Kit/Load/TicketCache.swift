/// Tickets by number, side by side in one array.
public struct TicketCache: Sendable {
    private var bytes: [UInt8] = []
    private var counts: [UInt8] = []  // bytes of each, 0 while there is none
    private var stride = 0  // bytes; the tickets of one test differ little in length

    public init() {}

    /// Keeps a copy of `range` of `body` under `number`. Tickets over 255 bytes are refused.
    public mutating func put(_ body: Span<UInt8>, _ range: Range<Int>, at number: Int) -> Bool {
        guard range.count <= 255 else { return false }
        if range.count > stride { widen(to: range.count) }
        while counts.count <= number {
            counts.append(0)
            bytes.append(contentsOf: repeatElement(0, count: stride))
        }
        var target = number * stride
        for index in range {
            bytes[target] = body[index]
            target += 1
        }
        counts[number] = UInt8(range.count)
        return true
    }

    public func append(_ number: Int, to text: inout [UInt8]) {
        guard number < counts.count else { return }
        text.append(contentsOf: bytes[number * stride..<number * stride + Int(counts[number])])
    }

    /// FNV-1a over a ticket as it stands in a body; never 0.
    public static func hash(_ body: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in range { hash = (hash ^ UInt64(body[index])) &* 0x100_0000_01B3 }
        return hash == 0 ? 1 : hash
    }

    private mutating func widen(to wider: Int) {
        var copy: [UInt8] = []
        copy.reserveCapacity(counts.count * wider)
        for number in counts.indices {
            copy.append(contentsOf: bytes[number * stride..<(number + 1) * stride])
            copy.append(contentsOf: repeatElement(0, count: wider - stride))
        }
        bytes = copy
        stride = wider
    }
}
