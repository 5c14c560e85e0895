/// One message of the channel `sluice:changed`: `kind item incarnation twelve-counters\n` and packed runs of results.
public struct ChangeNotification: Sendable, Equatable {
    public struct Run: Sendable, Equatable {
        public var first: Int64
        public var count: Int64
        public var byte: UInt8
    }

    public var item: ItemName
    public var incarnation: UInt64
    public var changesSettings: Bool
    public var counters: ItemCounters
    public var runs: [Run]

    /// Nil when `payload` is not such a message; a listener then reads the item afresh.
    public init?(payload: [UInt8]) {
        guard let end = payload.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let words = payload[..<end].split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard words.count == 3 + ItemCounters.count, words[0].count == 1,
            let item = ItemName(String(decoding: words[1], as: UTF8.self)),
            let incarnation = UInt64(String(decoding: words[2], as: UTF8.self), radix: 16)
        else { return nil }
        var numbers: [Int64] = []
        for word in words.dropFirst(3) {
            guard let number = Int64(String(decoding: word, as: UTF8.self)) else { return nil }
            numbers.append(number)
        }
        guard let counters = ItemCounters(numbers), (payload.count - end - 1) % 9 == 0 else { return nil }
        self.item = item
        self.incarnation = incarnation
        changesSettings = words[0].first == UInt8(ascii: "C")
        self.counters = counters
        runs = stride(from: end + 1, to: payload.count, by: 9).map { at in
            func number(_ from: Int) -> Int64 { payload[from..<from + 4].reduce(0) { $0 << 8 | Int64($1) } }
            return Run(first: number(at), count: number(at + 4), byte: payload[at + 8])
        }
        // Results of sequences that were never given: memory is kept for what exists, and for nothing else.
        guard runs.allSatisfy({ $0.first >= 1 && $0.first + $0.count - 1 <= counters.tail }) else { return nil }
    }
}
