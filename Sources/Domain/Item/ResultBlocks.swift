public import Base

/// The results of one item that a process has in memory, in blocks of 4,096 sequences.
///
/// A block is *complete* where every byte in it is what the store holds as of the last notification; only then may a 0
/// be believed. Final bytes never change, so a block in which all bytes are final is kept as the most frequent byte and
/// the places of the others. Memory: 1 byte a sequence for blocks in which something happens, next to nothing for those
/// that have ended.
public struct ResultBlocks: Sendable {
    private var blocks: [ResultBlock?] = []
    /// Sequences above this one had no byte when notifications began to be followed, so a missing byte is 0.
    private var blankAbove: Int64 = .max
    /// Of the purchases that are reserved.
    public private(set) var deadlines = HoldDeadlines()

    public init() {}

    /// Notifications are followed from now on, and the store's tail is `tail`. Bytes that are not final are in doubt.
    public mutating func restart(tail: Int64) {
        for index in blocks.indices { blocks[index]?.interrupt() }
        blankAbove = tail
    }

    /// Notifications are followed no more; only final bytes are believed until `restart`.
    public mutating func interrupt() {
        for index in blocks.indices { blocks[index]?.interrupt() }
        blankAbove = .max
        deadlines.forget()
    }

    /// The byte of `sequence`; nil where the store must be read.
    public func byte(of sequence: Int64) -> ResultByte? {
        let (index, offset) = Self.locate(sequence)
        if index < blocks.count, let block = blocks[index] {
            let byte = ResultByte(rawValue: block.byte(at: offset)) ?? .undecided
            if block.isComplete || byte.isFinal || sequence > blankAbove { return byte }
            return nil
        }
        return sequence > blankAbove ? .undecided : nil
    }

    /// The byte of `sequence` as far as it is known, though the store may have a newer one.
    public func lastKnownByte(of sequence: Int64) -> ResultByte {
        let (index, offset) = Self.locate(sequence)
        guard index < blocks.count, let block = blocks[index] else { return .undecided }
        return ResultByte(rawValue: block.byte(at: offset)) ?? .undecided
    }

    /// A notification has the same byte for `count` sequences.
    public mutating func decide(first: Int64, count: Int64, byte: UInt8) {
        guard first >= 0, count > 0 else { return }
        if byte != ResultByte.reserved.rawValue { deadlines.end(first: first, count: count) }
        var sequence = first
        while sequence < first + count {
            let (index, offset) = Self.locate(sequence)
            let length = min(Limits.resultBlock - offset, Int(first + count - sequence))
            touch(index)
            blocks[index]!.merge(offset..<offset + length) { _ in byte }
            sequence += Int64(length)
        }
    }

    /// Block `index` was read; beyond the end of a shorter answer all bytes are zero.
    public mutating func fill(block index: Int, with bytes: [UInt8], isCurrent: Bool) {
        touch(index)
        blocks[index]!.merge(0..<min(bytes.count, Limits.resultBlock)) { bytes[$0] }
        if isCurrent { blocks[index]!.complete() }
    }

    /// The deadline of a reserved purchase was read.
    public mutating func read(deadline: WallInstant, of sequence: Int64, now: MonotonicInstant) {
        deadlines.read(sequence, deadline, now: now)
    }

    public static func blockIndex(of sequence: Int64) -> Int { locate(sequence).index }

    private static func locate(_ sequence: Int64) -> (index: Int, offset: Int) {
        (Int(sequence) / Limits.resultBlock, Int(sequence) % Limits.resultBlock)
    }

    private mutating func touch(_ index: Int) {
        if index >= blocks.count { blocks.append(contentsOf: repeatElement(nil, count: index + 1 - blocks.count)) }
        if blocks[index] == nil {
            let isBlank = Int64(index * Limits.resultBlock) > blankAbove
            blocks[index] = ResultBlock(isComplete: isBlank, sequences: Limits.resultBlock - (index == 0 ? 1 : 0))
        }
    }
}
