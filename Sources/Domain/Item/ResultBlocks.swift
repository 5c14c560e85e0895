/// The results of one item that a process has in memory, in blocks of 4,096 sequences.
///
/// A block is *complete* when every byte in it is known to be what the store holds as of the last message; only then
/// may a 0 be believed. Final bytes stay whatever happens, so a block in which all are final never changes: it is kept
/// as the byte that most of them have, and the others one by one. Memory: 1 byte a sequence for blocks in which
/// something happens, next to nothing for those that are over.
public struct ResultBlocks: Sendable {
    private var blocks: [ResultBlock?] = []
    /// Sequences above this one had no byte when the messages began to be followed, so what is absent is 0.
    private var blankAbove: Int64 = .max

    public init() {}

    /// Begins to follow the messages: the store's tail was `tail` then. What was known and not final is in doubt again.
    public mutating func restart(tail: Int64) {
        for index in blocks.indices { blocks[index]?.isComplete = false }
        blankAbove = tail
    }

    /// Forgets that messages are followed; only final bytes are believed until `restart`.
    public mutating func interrupt() {
        for index in blocks.indices { blocks[index]?.isComplete = false }
        blankAbove = .max
    }

    /// The byte of `sequence`, or nil when the store must be asked.
    public func byte(of sequence: Int64) -> ResultByte? {
        let (index, offset) = Self.locate(sequence)
        if index < blocks.count, let block = blocks[index] {
            let byte = ResultByte(rawValue: block.byte(at: offset)) ?? .undecided
            if block.isComplete || byte.isFinal || sequence > blankAbove { return byte }
            return nil
        }
        return sequence > blankAbove ? .undecided : nil
    }

    /// The byte of `sequence` as far as it is known, whether or not the store may know more by now.
    public func lastKnownByte(of sequence: Int64) -> ResultByte {
        let (index, offset) = Self.locate(sequence)
        guard index < blocks.count, let block = blocks[index] else { return .undecided }
        return ResultByte(rawValue: block.byte(at: offset)) ?? .undecided
    }

    /// A run of equal bytes from a message.
    public mutating func decide(first: Int64, count: Int64, byte: UInt8) {
        guard first >= 0, count > 0 else { return }
        var sequence = first
        while sequence < first + count {
            let (index, offset) = Self.locate(sequence)
            let length = min(Limits.resultBlock - offset, Int(first + count - sequence))
            touch(index)
            blocks[index]!.merge(offset..<offset + length) { _ in byte }
            sequence += Int64(length)
        }
    }

    /// The answer of the store to a read of block `index`; shorter answers are zero behind their end.
    public mutating func fill(block index: Int, with bytes: [UInt8], isCurrent: Bool) {
        touch(index)
        blocks[index]!.merge(0..<min(bytes.count, Limits.resultBlock)) { bytes[$0] }
        if isCurrent { blocks[index]!.isComplete = true }
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
