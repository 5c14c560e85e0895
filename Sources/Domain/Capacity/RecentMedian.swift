/// The median of the last eight latencies.
struct RecentMedian: Sendable {
    private static let remembered = 8

    private var values: [Double] = []  // oldest at `next`
    private var sorted: [Double] = []
    private var next = 0

    /// 0: there are none yet.
    var median: Double { sorted.isEmpty ? 0 : sorted[sorted.count / 2] }

    mutating func add(_ value: Double) {
        if values.count < Self.remembered {
            values.append(value)
        } else {
            sorted.remove(at: sorted.firstIndex(of: values[next])!)
            values[next] = value
            next = (next + 1) % Self.remembered
        }
        sorted.insert(value, at: sorted.firstIndex { value < $0 } ?? sorted.count)
    }
}
