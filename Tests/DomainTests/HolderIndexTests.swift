import Base
import Domain
import Testing

@Suite struct HolderIndexTests {
    private func bytes(_ tags: [UInt32]) -> [UInt8] {
        tags.flatMap { tag in (0..<4).map { UInt8(truncatingIfNeeded: tag >> UInt32(24 - 8 * $0)) } }
    }

    @Test func `contains what was added in slices, and nothing else`() {
        var random = SplitMix64(seed: 3)
        let tags = (0..<10_000).map { _ in UInt32.random(in: .min ... .max, using: &random) }
        var index = HolderIndex()
        for start in stride(from: 0, to: tags.count, by: 777) {
            index.append(bytes(Array(tags[start..<min(start + 777, tags.count)])))
        }
        #expect(index.count == 10_000 && tags.allSatisfy(index.mayContain))
        let known = Set(tags)
        let others = (0..<10_000).map { _ in UInt32.random(in: .min ... .max, using: &random) }.filter {
            !known.contains($0)
        }
        #expect(!others.contains(where: index.mayContain))
    }

    @Test func `the tag 0 is a tag like any other`() {
        var index = HolderIndex()
        #expect(!index.mayContain(0))
        index.append([0, 0, 0, 0])
        #expect(index.mayContain(0) && !index.mayContain(1) && index.count == 1)
    }

    @Test func `equal tags and tags that meet in one slot cost nothing but time`() {
        var index = HolderIndex()
        index.append(bytes([UInt32](repeating: 64, count: 1_000) + (0..<100).map { $0 << 16 }))
        #expect(index.count == 1_100 && index.mayContain(64) && (0..<100).allSatisfy { index.mayContain($0 << 16) })
        #expect(!index.mayContain(128))
    }

    @Test func `a rest below four bytes is left for the next read`() {
        var index = HolderIndex()
        index.append([1, 2, 3, 4, 5])
        #expect(index.count == 1 && index.mayContain(0x0102_0304))
        #expect(!HolderIndex().mayContain(7))
    }
}
