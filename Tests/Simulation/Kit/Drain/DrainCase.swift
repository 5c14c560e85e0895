public import Base
import Domain

/// One drain: a service and what becomes of it, the workers before it, what arrives, and what happens to our processes.
public struct DrainCase: Sendable {
    public enum Arrivals: Sendable {
        /// There is always more.
        case backlog
        /// So many at these times, in order.
        case listed([(at: TimeSpan, count: Int64)])
    }

    /// What happens to our own processes.
    public struct Act: Sendable {
        public enum Kind: String, Sendable {
            case leaderStops = "leader stops", leaderDies = "leader dies", workerDies = "worker dies"
            /// No message reaches a worker or the leader for a while.
            case workerCutOff = "worker cut off", leaderCutOff = "leader cut off"
        }

        public var kind: Kind
        public var at: TimeSpan
        public var length = TimeSpan.zero  // until the process is there again, or the messages
        public var worker: Int64 = 0  // modulo how many there are
    }

    /// Time in which the service aims at one mean and one number of slots.
    public struct Regime: Sendable {
        public var from: TimeSpan
        public var to: TimeSpan
        public var mean: TimeSpan
        public var slots: Int
        /// In which the service goes over to it, at its beginning.
        public var ramp = TimeSpan.zero

        public var rate: Double { Double(slots) * 1e9 / Double(mean.nanoseconds) }
        /// That rates are taken over.
        public var span: TimeSpan { max(.seconds(1), mean * 20) }
    }

    /// The processes are connected by then, and the first purchase arrives.
    public static let start = TimeSpan.seconds(2)

    public var seed: UInt64
    public var workers = 2
    public var cap: Int64?
    public var service: OrderServiceSetup
    public var arrivals = Arrivals.backlog
    public var arrivalsName = "backlog"
    public var acts: [Act] = []
    public var regimes: [Regime]
    public var pauses: [(from: TimeSpan, length: TimeSpan)] = []

    public var end: TimeSpan { regimes[regimes.count - 1].to }

    /// - Parameters:
    ///   - regimes: one after the other, from `start` on.
    ///   - ramps: of the change into each but the first.
    init(
        seed: UInt64, regimes: [Regime], ramps: [TimeSpan] = [],
        pauses: [(from: TimeSpan, length: TimeSpan)] = []
    ) {
        var regimes = regimes
        for (index, ramp) in zip(regimes.indices.dropFirst(), ramps) { regimes[index].ramp = ramp }
        let changes = regimes.dropFirst().map { regime in
            ServiceChange(at: regime.from, mean: regime.mean, slots: regime.slots, ramp: regime.ramp)
        }
        let course = ServiceCourse(
            mean: regimes[0].mean, slots: regimes[0].slots, changes: changes, pauses: pauses)
        var model = ServiceModel.Settings(course: course)
        model.seed = seed
        service = OrderServiceSetup(model: model)
        self.seed = seed
        self.regimes = regimes
        self.pauses = pauses
        allow(for: regimes.map(\.mean).max()!)
    }

    /// What an operator sets who knows how long calls take: time for an answer, and when one counts as slow.
    private mutating func allow(for longest: TimeSpan) {
        service.timeout = min(.seconds(60), max(.seconds(2), longest * 20))
        service.breaker.slowAfter = min(service.timeout, max(.seconds(1), longest * 10))
        service.connections = max(64, 2 * service.model.course.mostSlots)
    }

    /// Time in which no scheduler could have anything done: there is no leader or no worker, or no message reaches it.
    var outages: [Range<TimeSpan>] {
        acts.enumerated().compactMap { index, act in
            let end = act.at + act.length
            switch act.kind {
            case .leaderStops: return nil
            case .leaderDies, .leaderCutOff: return act.at..<end
            case .workerDies, .workerCutOff:
                let others = acts.enumerated().filter { other, its in
                    other != index && its.kind == .workerDies && its.at <= act.at && act.at < its.at + its.length
                }
                return workers - others.count > 1 ? nil : act.at..<end
            }
        }
    }

    /// The case in one line.
    public var line: String {
        let model = service.model
        var parts = ["\(workers) workers", "\(model.shape.rawValue) cv \(model.variation.text(2))", arrivalsName]
        if let cap { parts.append("cap \(cap)") }
        let course = regimes.map { "\($0.slots) x \($0.mean.text) until \(($0.to - Self.start).text)" }
        parts.append(course.joined(separator: ", "))
        for fault in model.faults {
            parts.append("\(fault.kind.name) \(fault.perMille)/1000 \(span(fault.from, fault.to))")
        }
        for pause in pauses { parts.append("pause \(span(pause.from, pause.from + pause.length))") }
        if model.collapsesAbove < .max { parts.append("collapses above \(model.collapsesAbove)") }
        if let cliff = model.rateCliff { parts.append("breaks above \(cliff.above) a second") }
        for act in acts { parts.append("\(act.kind.rawValue) \((act.at - Self.start).text)") }
        return parts.joined(separator: "; ")
    }

    private func span(_ from: TimeSpan, _ to: TimeSpan) -> String {
        "\((from - Self.start).text)-\((to - Self.start).text)"
    }

    /// What a user saw: 4 slots, 20 ms, ten times as slow for 20 s, and back.
    public static func tenTimesSlower(seed: UInt64) -> DrainCase {
        DrainCase(seed: seed, regimes: regimes(of: 4, [(15, 20), (20, 200), (15, 20)]))
    }

    /// A bank of six slots that breaks above forty calls in a second, is half as fast for a while, and declares
    /// nothing.
    public static func bank(seed: UInt64) -> DrainCase {
        var drain = DrainCase(seed: seed, regimes: regimes(of: 6, [(24, 200), (12, 400), (12, 200)]))
        drain.service.model.rateCliff = RateCliff.Settings(above: 40)
        drain.service.timeout = .seconds(5)
        return drain
    }

    /// One after the other, of so many seconds and milliseconds a call.
    private static func regimes(of slots: Int, _ parts: [(seconds: Int64, mean: Int64)]) -> [Regime] {
        parts.reduce(into: []) { list, part in
            let from = list.last?.to ?? start
            let to = from + .seconds(part.seconds)
            list.append(Regime(from: from, to: to, mean: .milliseconds(part.mean), slots: slots))
        }
    }
}

extension ServiceFault.Kind {
    var name: String {
        switch self {
        case .failure: "errors"
        case .failureAfterwards: "errors after apply"
        case .reset: "resets"
        case .resetAfterwards: "resets after apply"
        case .busy(let wait): wait.map { "busy for \($0.text)" } ?? "busy"
        }
    }
}

extension Double {
    /// With so many decimals.
    public func text(_ decimals: Int) -> String {
        var unit: Int64 = 1
        for _ in 0..<decimals { unit *= 10 }
        let whole = Int64((Swift.min(1e9, magnitude) * Double(unit)).rounded())
        let digits = decimals == 0 ? "" : ".\("\(unit + whole % unit)".dropFirst())"
        return "\(self < 0 ? "-" : "")\(whole / unit)\(digits)"
    }
}

extension TimeSpan {
    /// As `1.5s` or `20ms`.
    public var text: String {
        if nanoseconds >= 10_000_000_000 { return "\((Double(nanoseconds) / 1e9).text(0))s" }
        if nanoseconds >= 1_000_000_000 { return "\((Double(nanoseconds) / 1e9).text(1))s" }
        return "\((Double(nanoseconds) / 1e6).text(nanoseconds < 10_000_000 ? 1 : 0))ms"
    }
}
