import Testing

@testable import Base

@Test func `a token finds nothing after its slot was given away`() {
    var slab = Slab<String>()
    let first = slab.insert("a")
    slab.remove(first)
    let second = slab.insert("b")
    #expect(first.slot == second.slot)
    #expect(slab[first] == nil)
    #expect(slab[second] == "b")
    #expect(slab.count == 1)
}

@Test func `a slab grows with its entries, and lets go of each when it is removed, and of all at its end`() {
    final class DurabilityCheck {}
    weak var removed: DurabilityCheck?
    weak var kept: DurabilityCheck?
    do {
        var slab = Slab<DurabilityCheck>()
        var tokens: [Token] = []
        for _ in 0..<100 { tokens.append(slab.insert(DurabilityCheck())) }
        (removed, kept) = (slab[tokens[3]], slab[tokens[99]])
        #expect(removed != nil && slab.remove(tokens[3]) != nil && removed == nil)
        #expect(slab.remove(tokens[3]) == nil && slab.count == 99 && kept === slab[tokens[99]])
        // Of gone, present and unknown entries alike: it is a hint.
        for token in [tokens[3], tokens[99], Token(packed: .max)] { slab.prefetch(token, lines: 2) }
        var seen = 0
        slab.forEach { token, entry in seen += slab[token] === entry ? 1 : 0 }
        #expect(seen == 99)
        #expect(slab.update(tokens[98], to: DurabilityCheck()) && !slab.update(tokens[3], to: DurabilityCheck()))
    }
    #expect(kept == nil)
}

@Test func `a token survives the trip through 64 bits`() {
    let token = Token(slot: 7, generation: 0xFFFF_FFFE)
    #expect(Token(packed: token.packed) == token)
}

@Test(arguments: [0, 9, 10, 99, 100, 1234567890, Int64.max, -1, Int64.min])
func `decimals are written as Swift writes them`(value: Int64) {
    var buffer = ByteBuffer()
    buffer.append(decimal: value)
    #expect(String(decoding: buffer.bytes, as: UTF8.self) == String(value))
}

@Test func `quantiles stay within a sixteenth of the truth`() {
    var histogram = Histogram()
    for value in 1...100_000 { histogram.record(Int64(value)) }
    for perMille in [500, 900, 990, 999] as [UInt64] {
        let truth = Double(perMille) * 100
        let found = Double(histogram.quantile(perMille: perMille))
        #expect(found >= truth && found <= truth * (1 + 1.0 / 16))
    }
    #expect(histogram.quantile(perMille: 1000) == 100_000)
}

@Test func `the largest values have a bucket`() {
    var histogram = Histogram()
    histogram.record(Int64.max)
    histogram.record(-5)
    #expect(histogram.quantile(perMille: 1000) == Int64.max)
    #expect(histogram.quantile(perMille: 1) == 0)
}

@Test func `a histogram's buckets hold every value between their bounds, and leave no gap`() {
    var histogram = Histogram()
    let values: [Int64] = [0, 1, 15, 16, 17, 1_000, 1_000, 123_456_789, .max]
    for value in values { histogram.record(value) }
    var (seen, last): (UInt64, Int64) = (0, -1)
    histogram.forEachBucket { least, largest, count in
        #expect(least > last && least <= largest)
        #expect(values.filter { (least...largest).contains($0) }.count == Int(count))
        (seen, last) = (seen + count, largest)
    }
    #expect(seen == UInt64(values.count))
    var neighbours = Histogram()
    for value in Int64(0)..<5_000 { neighbours.record(value) }
    var next: Int64 = 0
    neighbours.forEachBucket { least, largest, _ in
        #expect(least == next)
        next = largest + 1
    }
}
