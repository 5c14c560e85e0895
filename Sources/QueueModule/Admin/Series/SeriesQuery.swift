import Base
import Domain

/// Which part of a series is wanted: the query of `GET …/items/{item}/series`. Strict: what isn't known is refused.
struct SeriesQuery {
    private(set) var step = SeriesStep.second
    private var from: WallInstant?
    private var to: WallInstant?

    struct Refusal: Error { let reason: String }

    init(_ query: Span<UInt8>) throws(Refusal) {
        var known: Set<String> = []
        for pair in String(utf8: query).split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard let value = percentDecoded(parts.count == 2 ? parts[1] : "") else {
                throw Refusal(reason: "\(name) is not escaped as it must be")
            }
            guard known.insert(name).inserted else { throw Refusal(reason: "\(name) is given twice") }
            try take(name, value)
        }
        if let from, let to, from > to { throw Refusal(reason: "from must not be later than to") }
    }

    private mutating func take(_ name: String, _ text: String) throws(Refusal) {
        switch name {
        case "from": from = try Self.time(name, text)
        case "to": to = try Self.time(name, text)
        case "step":
            guard let step = SeriesStep(rawValue: text) else { throw Refusal(reason: "step is 1s or 1m") }
            self.step = step
        default: throw Refusal(reason: "\(name) is not known: from, to, step")
        }
    }

    private static func time(_ name: String, _ text: String) throws(Refusal) -> WallInstant {
        guard let time = RFC3339.parse(text) else {
            throw Refusal(reason: "\(name) must be a time as 2026-11-11T00:00:00Z")
        }
        return time
    }

    /// The steps that are wanted, by the second in which they begin, since 1970: without `to` up to `now`, without
    /// `from` as far back as a series reaches. Nil: none, since no second begins between the two.
    func seconds(now: WallInstant) -> ClosedRange<Int64>? {
        let last = Self.clamped((to ?? now).milliseconds / 1_000)
        let first = Self.clamped(from.map { ($0.milliseconds + 999) / 1_000 } ?? last - step.reach + 1)
        return first <= last ? first...last : nil
    }

    /// A point's second has 32 bits, and 0 is none.
    private static func clamped(_ second: Int64) -> Int64 { min(max(second, 1), Int64(UInt32.max)) }
}
