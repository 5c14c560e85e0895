/// Sequences of an item that are never given: a range for each restart of the store, larger than what it may have lost.
///
/// A ticket with one of them comes from the end of a life that the store lost. Costs O(ranges).
public struct SkippedSequences: Sendable, Equatable {
    private struct Range: Sendable, Equatable {
        var first: Int64
        var count: Int64
    }

    private var ranges: [Range] = []  // in order

    public init() {}

    /// From the text that reopen.lua writes into meta: `first:count,first:count`; nil for anything else.
    public init?(_ text: String) {
        for part in text.split(separator: ",", omittingEmptySubsequences: !text.contains(",")) {
            let numbers = part.split(separator: ":", omittingEmptySubsequences: false).map { Int64($0) }
            guard numbers.count == 2, let first = numbers[0], let count = numbers[1], count > 0,
                Limits.sequence.contains(first), Limits.sequence.contains(first + count - 1),
                first > ranges.last.map({ $0.first + $0.count - 1 }) ?? 0
            else { return nil }
            ranges.append(Range(first: first, count: count))
        }
    }

    public func contains(_ sequence: Int64) -> Bool {
        ranges.contains { sequence >= $0.first && sequence < $0.first + $0.count }
    }

    /// How many of them are not above `sequence`.
    public func count(upTo sequence: Int64) -> Int64 {
        ranges.reduce(0) { $0 + max(0, min($1.count, sequence - $1.first + 1)) }
    }
}
