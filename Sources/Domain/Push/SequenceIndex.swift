public import Base

// DESIGN
// A decision names sequences in runs, a watermark a whole range. Whoever listens for one of them is found by range, so
// the cost of a change is that of the listeners it concerns. Two levels: blocks of at most 512 entries in order, so an
// insertion moves some kilobytes at most; 16 bytes a listener.

/// Listeners of an item, in order of the sequence that each listens for. A sequence may have several.
public struct SequenceIndex: Sendable {
    private struct Entry {
        var sequence: Int64
        var listener: Token
    }

    private static let largestBlock = 512

    private var blocks: [[Entry]] = []  // none is empty
    public private(set) var count = 0

    public init() {}

    public var isEmpty: Bool { count == 0 }

    /// Adds a listener. O(log listeners), and a move of half a block.
    public mutating func insert(_ listener: Token, for sequence: Int64) {
        count += 1
        let entry = Entry(sequence: sequence, listener: listener)
        guard !blocks.isEmpty else { return blocks.append([entry]) }
        let block = max(0, firstBlock { $0[0].sequence > sequence } - 1)
        blocks[block].insert(entry, at: Self.place(in: blocks[block]) { $0.sequence > sequence })
        if blocks[block].count > Self.largestBlock { split(block) }
    }

    private mutating func split(_ block: Int) {
        let half = blocks[block].count / 2
        blocks.insert(Array(blocks[block][half...]), at: block + 1)
        blocks[block].removeLast(blocks[block].count - half)
    }

    /// Removes a listener; false where it does not listen for that sequence.
    @discardableResult
    public mutating func remove(_ listener: Token, for sequence: Int64) -> Bool {
        var block = firstBlock { $0[$0.count - 1].sequence >= sequence }
        while block < blocks.count, blocks[block][0].sequence <= sequence {
            let found = blocks[block].firstIndex { $0.sequence == sequence && $0.listener == listener }
            if let found {
                blocks[block].remove(at: found)
                if blocks[block].isEmpty { blocks.remove(at: block) }
                count -= 1
                return true
            }
            block += 1
        }
        return false
    }

    /// Appends the listeners of a range to `found`, in order: about `limit`, since those of one sequence are taken
    /// together.
    ///
    /// - Returns: the sequence from which to go on; nil where the range has no more.
    public func collect(_ range: ClosedRange<Int64>, atMost limit: Int, into found: inout [Token]) -> Int64? {
        var block = firstBlock { $0[$0.count - 1].sequence >= range.lowerBound }
        guard block < blocks.count else { return nil }
        var place = Self.place(in: blocks[block]) { $0.sequence >= range.lowerBound }
        var (taken, last) = (0, Int64.min)
        while block < blocks.count {
            while place < blocks[block].count {
                let entry = blocks[block][place]
                guard entry.sequence <= range.upperBound else { return nil }
                if taken >= limit, entry.sequence != last { return entry.sequence }
                found.append(entry.listener)
                (taken, last, place) = (taken + 1, entry.sequence, place + 1)
            }
            (block, place) = (block + 1, 0)
        }
        return nil
    }

    /// The index of the first block of which `condition` holds, as it does of all behind it.
    private func firstBlock(where condition: ([Entry]) -> Bool) -> Int {
        var (low, high) = (0, blocks.count)
        while low < high {
            let middle = (low + high) / 2
            if condition(blocks[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private static func place(in block: [Entry], where condition: (Entry) -> Bool) -> Int {
        var (low, high) = (0, block.count)
        while low < high {
            let middle = (low + high) / 2
            if condition(block[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
