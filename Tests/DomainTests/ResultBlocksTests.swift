import Base
import Domain
import Testing

@Suite struct ResultBlocksTests {
    private let block = Int64(Limits.resultBlock)

    @Test func `knows nothing before messages are followed`() {
        let results = ResultBlocks()
        #expect(results.byte(of: 1) == nil && results.byte(of: 1_000_000) == nil)
    }

    @Test func `what was not given when the messages began is undecided until a message says more`() {
        var results = ResultBlocks()
        results.restart(tail: 10)
        #expect(results.byte(of: 10) == nil)
        #expect(results.byte(of: 11) == .undecided)
        results.decide(first: 11, count: 2, byte: ResultByte.sold.rawValue)
        #expect(results.byte(of: 11) == .sold && results.byte(of: 12) == .sold && results.byte(of: 13) == .undecided)
    }

    @Test func `a run may lie over the edges of blocks`() {
        var results = ResultBlocks()
        results.restart(tail: 0)
        results.decide(first: block - 2, count: 2 * block + 4, byte: ResultByte.processing.rawValue)
        #expect(results.byte(of: block - 3) == .undecided && results.byte(of: 3 * block + 2) == .undecided)
        for sequence in [block - 2, block - 1, block, 2 * block - 1, 2 * block, 3 * block + 1] {
            #expect(results.byte(of: sequence) == .processing, "\(sequence)")
        }
    }

    @Test func `a block that was read is believed, also where it is shorter than a block`() {
        var results = ResultBlocks()
        results.restart(tail: 3 * block)
        results.fill(block: 1, with: [1, 0, 2], isCurrent: true)
        #expect(results.byte(of: block) == .sold && results.byte(of: block + 2) == .processing)
        #expect(results.byte(of: block + 1) == .undecided && results.byte(of: 2 * block - 1) == .undecided)
        #expect(results.byte(of: block - 1) == nil && results.byte(of: 2 * block) == nil)
    }

    @Test func `a block read while messages were not followed is believed in its final bytes only`() {
        var results = ResultBlocks()
        results.fill(block: 0, with: [0, 1, 2, 0], isCurrent: false)
        #expect(results.byte(of: 1) == .sold)
        #expect(results.byte(of: 2) == nil && results.byte(of: 3) == nil)
        #expect(results.lastKnownByte(of: 2) == .processing && results.lastKnownByte(of: 3) == .undecided)
    }

    @Test(arguments: [ResultByte.sold, .rejected, .expired, .cancelled, .insufficientStock, .lost])
    func `never goes back from a final result`(final: ResultByte) {
        var results = ResultBlocks()
        results.restart(tail: 0)
        results.decide(first: 5, count: 1, byte: final.rawValue)
        for other: ResultByte in [.undecided, .processing, .inDoubt, .sold, .cancelled] {
            results.decide(first: 5, count: 1, byte: other.rawValue)
            results.fill(block: 0, with: [UInt8](repeating: other.rawValue, count: 10), isCurrent: true)
            results.interrupt()
            results.restart(tail: 100)
            #expect(results.byte(of: 5) == final, "\(other)")
        }
    }

    @Test func `a message and a read may overtake each other`() {
        var results = ResultBlocks()
        results.restart(tail: 100)
        results.decide(first: 7, count: 1, byte: ResultByte.sold.rawValue)
        results.fill(block: 0, with: [UInt8](repeating: 0, count: 20), isCurrent: true)  // read before the message
        #expect(results.byte(of: 7) == .sold)
        results.fill(block: 0, with: [0, 0, 2], isCurrent: true)
        results.decide(first: 2, count: 1, byte: ResultByte.sold.rawValue)
        #expect(results.byte(of: 2) == .sold)
    }

    @Test func `an interruption leaves the final results, and the rest in doubt`() {
        var results = ResultBlocks()
        results.restart(tail: 0)
        results.decide(first: 1, count: 1, byte: ResultByte.sold.rawValue)
        results.decide(first: 2, count: 1, byte: ResultByte.processing.rawValue)
        results.interrupt()
        #expect(results.byte(of: 1) == .sold && results.byte(of: 2) == nil && results.byte(of: 3) == nil)
        results.restart(tail: 2)
        #expect(results.byte(of: 2) == nil && results.byte(of: 3) == .undecided)
    }

    @Test(arguments: [0, 1, 2, 40, 256, 257, 1_000], 1...3 as ClosedRange<UInt64>)
    func `a block that is over says what it said before, with any number of others in it`(others: Int, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var bytes = [UInt8](repeating: ResultByte.sold.rawValue, count: Int(block))
        for place in bytes.indices.shuffled(using: &random).prefix(others) {
            bytes[place] = (place % 2 == 0 ? ResultByte.cancelled : .rejected).rawValue
        }
        var results = ResultBlocks()
        results.restart(tail: 0)
        for place in bytes.indices.shuffled(using: &random) {
            results.decide(first: block + Int64(place), count: 1, byte: bytes[place])
        }
        results.interrupt()
        results.decide(first: block, count: block, byte: ResultByte.expired.rawValue)
        results.fill(block: 1, with: [UInt8](repeating: ResultByte.lost.rawValue, count: Int(block)), isCurrent: true)
        for place in bytes.indices {
            let byte = ResultByte(rawValue: bytes[place])
            #expect(results.byte(of: block + Int64(place)) == byte)
            #expect(results.lastKnownByte(of: block + Int64(place)) == byte)
        }
    }
}
