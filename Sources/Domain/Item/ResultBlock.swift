/// The results of 4,096 sequences.
struct ResultBlock: Sendable {
    private static let most = 256  // others; more would take as much memory as the bytes

    /// Whether every byte is what the store holds as of the last notification.
    private(set) var isComplete: Bool
    private var bytes = [UInt8](repeating: 0, count: Limits.resultBlock)  // empty once all are final
    private var open: Int  // bytes that are not final
    private var common: UInt8 = 0
    private var others: [UInt32] = []  // place and byte of those unlike `common`, in order of place

    /// - Parameter sequences: how many the store gives; the first block begins with one that it never gives.
    init(isComplete: Bool, sequences: Int) {
        precondition((1...Limits.resultBlock).contains(sequences))
        self.isComplete = isComplete
        open = sequences
    }

    /// The whole block was read while notifications were followed.
    mutating func complete() { isComplete = true }
    /// Notifications may have been missed: bytes that are not final are in doubt.
    mutating func interrupt() { isComplete = false }

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

    /// Takes over bytes of some places. A notification may overtake a read, and a read a notification, so a final byte
    /// is never overwritten.
    @inline(__always)
    mutating func merge(_ places: Range<Int>, _ byte: (Int) -> UInt8) {
        guard !bytes.isEmpty else { return }
        for place in places {
            let new = byte(place)
            if new == 0 || Self.isFinal(bytes[place]) { continue }
            bytes[place] = new
            if Self.isFinal(new) { open -= 1 }
        }
        assert(open >= 0, "more sequences ended than the block has")
        if open == 0 { settle() }
    }

    private static func isFinal(_ byte: UInt8) -> Bool { ResultByte(rawValue: byte)?.isFinal == true }

    /// Keeps the most frequent byte and the places of the others instead of all bytes.
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
