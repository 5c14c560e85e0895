import Domain

extension ItemDirectory {
    /// At most `count` of the known items: first those that need an operator, then those with the longest queues. One
    /// pass over all, since there may be a hundred thousand.
    func mostWanted(_ count: Int) -> [ItemEntry] {
        var best: [(rank: Int64, entry: ItemEntry)] = []
        for entry in entries {
            let needsHelp = entry.view.settings.isFrozen || entry.view.counters.inDoubt > 0
            let rank = entry.view.counters.waiting + (needsHelp ? Limits.counter.upperBound : 0)
            if best.count == count {
                guard let least = best.last, rank > least.rank else { continue }
                best.removeLast()
            }
            best.insert((rank, entry), at: best.firstIndex { $0.rank < rank } ?? best.count)
        }
        return best.map(\.entry)
    }
}
