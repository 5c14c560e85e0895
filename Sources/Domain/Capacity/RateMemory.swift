/// The last measured rates of a resource, and the rate that it is believed to reach.
struct RateMemory: Sendable {
    static let fastest: Int64 = 10_000_000_000  // completions per 1,000 s
    private static let remembered = 10

    private var values: [Int64] = []  // per 1,000 s, newest last
    /// What is believed until the first measurement, per 1,000 s.
    private var assumed: Int64?
    /// The mean of the better half, or of the last two where that is more; 0 while nothing is known.
    private(set) var best: Int64 = 0  // per 1,000 s

    var isEmpty: Bool { values.isEmpty }
    var newest: Int64 { values.last ?? assumed ?? 0 }
    /// Whether nothing was measured here yet.
    var isAssumed: Bool { assumed != nil }

    mutating func add(_ rate: Int64) {
        assumed = nil
        values.append(min(max(0, rate), Self.fastest))
        if values.count > Self.remembered { values.removeFirst() }
        update()
    }

    /// Forgets all rates, and believes `rate` until the first one is measured.
    mutating func assume(_ rate: Int64) {
        values.removeAll(keepingCapacity: true)
        assumed = min(max(0, rate), Self.fastest)
        update()
    }

    /// One purchase takes `new` now instead of `old`, with as many at once: the remembered rates change with it.
    mutating func scale(from old: Int64, to new: Int64) {
        for index in values.indices { values[index] = Self.scaled(values[index], from: old, to: new) }
        assumed = assumed.map { Self.scaled($0, from: old, to: new) }
        update()
    }

    private static func scaled(_ rate: Int64, from old: Int64, to new: Int64) -> Int64 {
        let (product, overflow) = rate.multipliedReportingOverflow(by: old)
        return overflow ? fastest : min(product / max(1, new), fastest)
    }

    private mutating func update() {
        let sorted = values.sorted(by: >)
        let half = sorted.prefix((sorted.count + 1) / 2)
        let recent = values.suffix(2)
        guard !half.isEmpty else { return best = assumed ?? 0 }
        best = max(half.reduce(0, +) / Int64(half.count), recent.reduce(0, +) / Int64(recent.count))
    }

    /// `count` completions in `span` microseconds, as a rate per 1,000 s.
    static func rate(_ count: Int64, microseconds span: Int64) -> Int64 {
        let (product, overflow) = max(0, count).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? fastest : min(fastest, product / max(1, span))
    }
}
