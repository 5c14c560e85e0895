import Domain
import Store

/// The attempts that this worker has in its sink or has not settled yet.
struct HeldPurchases {
    fileprivate struct Attempt: Hashable {
        let item: ItemIncarnation
        let sequence: Int64
        let attempt: Int64
    }

    private var wasInDoubt: [Attempt: Bool] = [:]

    var count: Int { wasInDoubt.count }

    mutating func hold(_ records: [FlightRecord], of item: ItemIncarnation, wereInDoubt: Bool) {
        for record in records { wasInDoubt[Attempt(item, record)] = wereInDoubt }
    }

    /// - Returns: whether it was in doubt before it came; nil where it is not held.
    @discardableResult
    mutating func release(_ item: ItemIncarnation, sequence: Int64, attempt: Int64) -> Bool? {
        wasInDoubt.removeValue(forKey: Attempt(item: item, sequence: sequence, attempt: attempt))
    }

    /// Those of `records` that are not held.
    func missing(_ records: [FlightRecord], of item: ItemIncarnation) -> [FlightRecord] {
        records.filter { wasInDoubt[Attempt(item, $0)] == nil }
    }
}

extension HeldPurchases.Attempt {
    fileprivate init(_ item: ItemIncarnation, _ record: FlightRecord) {
        self.init(item: item, sequence: record.sequence, attempt: record.attempt)
    }
}
