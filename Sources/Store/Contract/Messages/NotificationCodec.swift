public import Domain

extension ChangeNotification {
    /// `kind item incarnation twelve-counters\n`, then packed runs (`RunLayout`), as notification.lua writes.
    ///
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
        guard let counters = ItemCounters(numbers), (payload.count - end - 1) % RunLayout.length == 0
        else { return nil }
        let runs = stride(from: end + 1, to: payload.count, by: RunLayout.length).map { at in
            func number(_ from: Int) -> Int64 { payload[from..<from + 4].reduce(0) { $0 << 8 | Int64($1) } }
            return Run(first: number(at), count: number(at + 4), byte: payload[at + 8])
        }
        // Results of sequences that were never given: memory is kept for what exists, and for nothing else.
        guard runs.allSatisfy({ $0.first >= 1 && $0.first + $0.count - 1 <= counters.tail }) else { return nil }
        self.init(
            item: item, incarnation: incarnation,
            changesSettings: words[0].elementsEqual(NotificationKind.settingsChanged.rawValue.utf8),
            counters: counters, runs: runs)
    }
}
