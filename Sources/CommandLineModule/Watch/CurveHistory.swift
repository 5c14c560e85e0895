import Base

/// One second of an item.
public struct CurveStep: Equatable, Sendable {
    public var second: Int64  // since 1970
    public var arrivals: Int64 = 0  // purchases
    public var waiting: Int64 = 0  // purchases
    public var sold: Int64 = 0  // units
    public var held: Int64 = 0  // units
    public var left: Int64 = 0  // units

    public init(second: Int64) { self.second = second }

    init?(_ point: JSONValue) {
        guard let second = CurveHistory.second(point["at"]), let waiting = point["waiting"]?.integer,
            let sold = point["sold"]?.integer, let held = point["held"]?.integer,
            let left = point["stock_left"]?.integer
        else { return nil }
        self.second = second
        (self.waiting, self.sold, self.held, self.left) = (waiting, sold, held, left)
        arrivals = point["arrivals"]?.integer ?? 0
    }

    /// The same a second or more later, where nothing changed.
    func unchanged(at second: Int64) -> CurveStep {
        var step = self
        (step.second, step.arrivals) = (second, 0)
        return step
    }

    var time: String {
        var buffer = ByteBuffer()
        buffer.append(rfc3339: WallInstant(milliseconds: second * 1_000))
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    var json: JSONValue {
        .object([
            "at": .string(time), "arrivals": .integer(arrivals), "waiting": .integer(waiting), "sold": .integer(sold),
            "held": .integer(held), "stock_left": .integer(left),
        ])
    }

    var line: String {
        func cell(_ name: String, _ value: Int64) -> String {
            "\(name) \(figure(Double(max(0, value))))".padded(to: 18)
        }
        return "\(time)  " + cell("arrivals", arrivals) + cell("waiting", waiting) + cell("sold", sold)
            + cell("held", held) + "left \(figure(Double(max(0, left))))"
    }
}

/// What was read of an item's series so far, with a step for every second, also for those in which nothing changed.
public struct CurveHistory: Equatable, Sendable {
    /// Oldest first, without a gap.
    public private(set) var steps: [CurveStep] = []
    private var next: Int64?  // the first second that was not read
    private let kept: Int

    /// - Parameter kept: steps, the newest.
    public init(kept: Int) { self.kept = kept }

    /// The query of the next read.
    public var query: String {
        let from = next.map { "&from=\(CurveStep(second: $0).time)" } ?? ""
        return "series?step=1s" + from
    }

    /// Takes an answer to `query` in; returns the steps that are new.
    ///
    /// The last two seconds are left for the next read: their points may still change.
    public mutating func take(_ answer: JSONValue) -> [CurveStep]? {
        guard let from = Self.second(answer["from"]), let to = Self.second(answer["to"]),
            let all = answer["points"]?.array
        else { return nil }
        if let next, to + Self.longestStep < next {
            self = CurveHistory(kept: kept)  // the store's clock was set back
            return []
        }
        let points = all.compactMap { CurveStep($0) }
        var level = answer["before"].flatMap { CurveStep($0) }
        var rest = points[...]
        var new: [CurveStep] = []
        for second in stride(from: from, through: to - Self.open, by: 1) {
            if let point = rest.first, point.second == second {
                level = rest.removeFirst()
                new.append(point)
            } else if let level {
                new.append(level.unchanged(at: second))
            }
        }
        next = max(next ?? from, to - Self.open + 1)
        steps = (steps + new).suffix(kept)
        return new
    }

    private static let open: Int64 = 2  // seconds whose points may change
    private static let longestStep: Int64 = 60  // seconds that a clock may be set back without a new beginning

    static func second(_ value: JSONValue?) -> Int64? {
        value?.string.flatMap { RFC3339.parse($0) }.map { $0.milliseconds / 1_000 }
    }
}
