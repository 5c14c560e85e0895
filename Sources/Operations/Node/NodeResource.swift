public import Base
public import Domain

/// A worker, or a group of services behind workers, as the leading scheduler describes it.
public struct NodeResource: Sendable, Equatable {
    public static let mostDescribed = 500  // by one scheduler
    public static let mostWithChanges = 100  // of these, with the last changes of each

    public private(set) var kind: String?
    public private(set) var name = ""
    /// "closed", "open" or "half_open"; nil where it has none.
    public private(set) var breaker: String?
    /// What is written of it as well; nil where it was read.
    private let measured: Measured?

    private struct Measured: Equatable {
        let resource: CapacityResource
        let namesChanges: Bool
        let now: MonotonicInstant
    }

    /// - Parameter namesChanges: whether the last changes are described too.
    public init(_ resource: CapacityResource, namesChanges: Bool = true, now: MonotonicInstant) {
        kind = resource.kind.rawValue
        name = resource.name
        breaker = resource.breaker.word
        measured = Measured(resource: resource, namesChanges: namesChanges, now: now)
    }

    public var isGroup: Bool { kind == CapacityResource.Kind.group.rawValue }

    /// Reads what is judged of it: its kind, its name and its breaker.
    init(_ json: inout JSONReader) throws(JSONError) {
        measured = nil
        try json.beginObject()
        while let key = try json.nextKey() {
            if json.matches(key, "name") {
                name = json.copy(try json.string())
            } else if json.matches(key, "kind") {
                kind = json.copy(try json.string())
            } else if json.matches(key, "breaker") {
                if try !json.null() { breaker = json.copy(try json.string()) }
            } else {
                try json.skip()
            }
        }
    }

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("kind", kind)
        json.field("name", name)
        if let measured { Self.write(measured.resource, now: measured.now, to: &json) }
        json.field("breaker", breaker)
        if let measured {
            json.thousandths(
                "littles_law_error_percent", measured.resource.littlesLawErrorPercent.map { Int64($0 * 1_000) })
            Self.writeRegime(measured.resource, now: measured.now, to: &json)
            if measured.namesChanges {
                Self.write(measured.resource.journal.changes, now: measured.now, to: &json)
            }
        }
        json.endObject()
    }

    private static func write(_ resource: CapacityResource, now: MonotonicInstant, to json: inout JSONWriter) {
        let state = resource.state
        json.field("mode", state.mode)
        json.field("reason", state.reason.rawValue)
        json.field("window", state.window)
        json.field("in_flight", resource.inFlight)
        json.thousandths("pace_per_second", state.pace1000)
        json.thousandths("rate_per_second", known(state.rate1000))
        json.field("base_us", known(state.unloadedMicroseconds))
        json.field("exec_p50_us", resource.p50Microseconds)
        json.field("exec_p99_us", resource.p99Microseconds)
        json.field("cap_per_second", resource.capPerSecond)
        json.thousandths("ceiling_per_second", state.ceiling1000)
        json.field("ceiling_reason", state.ceilingReason(now: now)?.rawValue)
        json.field("ceiling_age_ms", state.ceilingAge(now: now)?.wholeMilliseconds)
    }

    private static func writeRegime(_ resource: CapacityResource, now: MonotonicInstant, to json: inout JSONWriter) {
        let (journal, regime) = (resource.journal, resource.journal.regime)
        json.key("regime")
        json.beginObject()
        json.field("age_ms", max(.zero, now - regime.since).wholeMilliseconds)
        json.field("changes", regime.changes)
        json.field("call_us", regime.meanMicroseconds)
        json.thousandths("rate_per_second", known(journal.rate1000))
        json.field("below_ms", resource.timeBelow?.wholeMilliseconds)
        json.endObject()
    }

    /// Newest first.
    private static func write(
        _ changes: [CapacityJournal.Change], now: MonotonicInstant, to json: inout JSONWriter
    ) {
        json.array("last_changes", changes.reversed()) { json, change in
            json.beginObject()
            json.field("age_ms", max(.zero, now - change.when).wholeMilliseconds)
            json.field("reason", change.reason.rawValue)
            json.field("window", change.window)
            json.thousandths("rate_per_second", known(change.rate1000))
            json.endObject()
        }
    }

    /// Nothing was measured yet where it is 0.
    private static func known(_ value: Int64) -> Int64? { value > 0 ? value : nil }
}

extension JSONWriter {
    fileprivate mutating func thousandths(_ name: StaticString, _ value: Int64?) {
        key(name)
        if let value { thousandths(value) } else { null() }
    }
}

extension BreakerState {
    fileprivate var word: String {
        switch self {
        case .closed: "closed"
        case .open: "open"
        case .halfOpen: "half_open"
        }
    }
}
