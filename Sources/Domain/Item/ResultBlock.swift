/// The results of 4,096 sequences.
struct ResultBlock: Sendable {
    private static let most = 256  // others, beyond which they are no less than the bytes

    /// Every byte in it is what the store holds as of the last message.
    var isComplete: Bool
    private var bytes = [UInt8](repeating: 0, count: Limits.resultBlock)  // empty once it is over
    private var open: Int  // bytes that are not final
    private var common: UInt8 = 0
    private var others: [UInt32] = []  // place and byte of those unlike `common`, in order of place

    /// - Parameter sequences: that the store gives; the first block begins with one that it never does.
    init(isComplete: Bool, sequences: Int) {
        self.isComplete = isComplete
        open = sequences
    }

    func byte(at place: Int) -> UInt8 {
        if !bytes.isEmpty { return bytes[place] }
        var (low, high) = (0, others.count)
        while low < high {
            let middle = (low + high) / 2
            if Int(others[middle] >> 8) < place { low = middle + 1 } else { high = middle }
        }
        let isOther = low < others.count && Int(others[low] >> 8) == place
        return isOther ? UInt8(truncatingIfNeeded: others[low]) : common
    }

    /// Takes in what is said of some places. A message may overtake a read and the other way round: a final byte wins
    /// over any other.
    @inline(__always)
    mutating func merge(_ places: Range<Int>, _ byte: (Int) -> UInt8) {
        guard !bytes.isEmpty else { return }
        for place in places {
            let new = byte(place)
            if new == 0 || Self.isFinal(bytes[place]) { continue }
            bytes[place] = new
            if Self.isFinal(new) { open -= 1 }
        }
        if open == 0 { settle() }
    }

    private static func isFinal(_ byte: UInt8) -> Bool { ResultByte(rawValue: byte)?.isFinal == true }

    private mutating func settle() {
        var counts = [Int](repeating: 0, count: 256)
        for byte in bytes { counts[Int(byte)] += 1 }
        let most = counts.indices.max { counts[$0] < counts[$1] } ?? 0
        guard bytes.count - counts[most] <= Self.most else { return }
        common = UInt8(most)
        others = bytes.indices.compactMap { bytes[$0] == common ? nil : UInt32($0) << 8 | UInt32(bytes[$0]) }
        bytes = []
    }
}
