import Base

/// Latencies of calls, in 16 classes an octave from 1 µs on. What never came back, and what failed, took longest.
struct LatencyHistogram: Sendable {
    private static let classes = 512  // the last one: longer than all
    private static let perOctave = 16.0

    private var counts: [Float] = []  // empty until the first call
    private(set) var count = 0.0
    private var unknown = 0.0  // in the last class
    private var sum = 0.0  // microseconds

    private static func place(_ microseconds: Double) -> Int {
        microseconds < 1 ? 0 : min(classes - 2, Int(fastLog2(microseconds) * perOctave))
    }

    private static func value(_ place: Int) -> Double { fastExp2((Double(place) + 0.5) / perOctave) }

    /// Calls that came back.
    var known: Double { count - unknown }
    var mean: Double { count > 0 ? sum / count : 0 }

    private mutating func begin() {
        if counts.isEmpty { counts = [Float](repeating: 0, count: Self.classes) }
    }

    mutating func add(microseconds: Double) {
        begin()
        counts[Self.place(microseconds)] += 1
        count += 1
        sum += microseconds
    }

    /// Calls of which only a lower bound of their latency is known.
    mutating func addUnknown(_ more: Int, atLeast microseconds: Double) {
        guard more > 0 else { return }
        begin()
        counts[Self.classes - 1] += Float(more)
        count += Double(more)
        unknown += Double(more)
        sum += Double(more) * microseconds
    }

    mutating func add(_ other: LatencyHistogram) {
        guard other.count > 0 else { return }
        begin()
        for place in 0..<Self.classes { counts[place] += other.counts[place] }
        count += other.count
        unknown += other.unknown
        sum += other.sum
    }

    /// Of the calls that came back, microseconds.
    func quantile(_ share: Double) -> Double {
        let wanted = Float(share * (count - unknown))
        var sum: Float = 0
        for place in counts.indices {
            sum += counts[place]
            if sum >= wanted { return Self.value(place) }
        }
        return 0
    }

    func shifted(by microseconds: Double) -> LatencyHistogram {
        var shifted = self
        for place in counts.indices { shifted.counts[place] = 0 }
        for place in counts.indices where counts[place] > 0 {
            let isLast = place == Self.classes - 1
            shifted.counts[isLast ? place : Self.place(Self.value(place) + microseconds)] += counts[place]
        }
        return shifted
    }

    /// By how much longer the latencies of `other` are: the chance that one of them is longer than one of these, less a
    /// half. All beyond `cut` microseconds count alike. (Mann and Whitney's statistic.)
    func rank(of other: LatencyHistogram, cut: Double) -> Double {
        guard count > 0, other.count > 0 else { return 0 }
        let last = Self.place(cut) + 1
        var (below, sum, late, otherLate) = (0.0, 0.0, 0.0, 0.0)
        for place in 0..<Self.classes {
            let (mine, theirs) = (Double(counts[place]), Double(other.counts[place]))
            if place >= last {
                late += mine
                otherLate += theirs
            } else {
                sum += theirs * (below + mine / 2)
                below += mine
            }
        }
        sum += otherLate * (below + late / 2)
        return sum / count / other.count - 0.5
    }

    /// By how many deviations of chance the latencies of `other` are longer than these and half of `shift`.
    ///
    /// - Parameter until: calls that took longer count alike, microseconds.
    func excess(of other: LatencyHistogram, over shift: Double, until: Double = .infinity) -> Double {
        let rank = shifted(by: shift / 2).rank(of: other, cut: min(until, quantile(0.95) + shift))
        return rank / ((1 / max(1, count) + 1 / max(1, other.count)) / 12).squareRoot()
    }

    /// The share of `shift` by which these differ from `other`, 0...4.
    func share(of shift: Double, to other: LatencyHistogram) -> Double {
        let most = quantile(0.95)
        var (low, high) = (0.0, 4.0)
        for _ in 0..<8 {
            let middle = (low + high) / 2
            let cut = most + max(1, middle) * shift
            if shifted(by: middle * shift).rank(of: other, cut: cut) > 0 { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}

/// Within 0.01 of log2; `value` is 1 or more.
private func fastLog2(_ value: Double) -> Double {
    let bits = value.significand  // 1..<2
    let x = bits - 1
    return Double(value.exponent) + x * (1.3465553 - 0.3465553 * x)
}

/// The inverse of `fastLog2`.
private func fastExp2(_ value: Double) -> Double {
    let whole = value.rounded(.down)
    let share = value - whole
    // Solves x * (1.3465553 - 0.3465553 x) = share.
    let x = (1.3465553 - (1.3465553 * 1.3465553 - 4 * 0.3465553 * share).squareRoot()) / (2 * 0.3465553)
    return Double(sign: .plus, exponent: Int(whole), significand: 1 + x)
}
