import Base
import Testing

@Suite struct SevenBitTextTests {
    private func packed(_ text: String) -> [UInt8] { SevenBitText.packed(text) }
    private func unpacked(_ bytes: [UInt8]) -> String {
        String(decoding: SevenBitText.unpack(bytes[...]), as: UTF8.self)
    }

    @Test func `every character at every place, and every length, come back as they were`() {
        let characters = (UInt8(0x21)...0x7e).map { Character(UnicodeScalar($0)) }
        for length in 1...128 {
            for first in characters.indices {
                let text = String((0..<length).map { characters[(first + $0) % characters.count] })
                #expect(unpacked(packed(text)) == text)
            }
        }
    }

    @Test func `seven bits a character, the first one highest`() {
        #expect(packed("!") == [0x42] && packed("~~") == [0b1111_1101, 0b1111_1000])
        #expect(packed("!!!!!!!!") == [0x42, 0x85, 0x0A, 0x14, 0x28, 0x50, 0xA1])
        for (length, bytes) in [(1, 1), (7, 7), (8, 7), (14, 13), (15, 14), (16, 14), (17, 15), (36, 32), (128, 112)] {
            #expect(packed(String(repeating: "u", count: length)).count == bytes)
        }
    }

    @Test func `no two texts are packed alike`() {
        var seen: Set<[UInt8]> = []
        var random = SplitMix64(seed: 1)
        var texts: Set<String> = []
        for _ in 0..<20_000 {
            let length = 1 + random.below(20)
            texts.insert(String((0..<length).map { _ in Character(UnicodeScalar(UInt8(0x21 + random.below(3)))) }))
        }
        for text in texts { seen.insert(packed(text)) }
        #expect(seen.count == texts.count)
    }

    /// Nothing that a process of ours wrote; a store may have been written to by anybody.
    @Test func `bytes that were not packed are read as something, and no more than there is`() {
        var random = SplitMix64(seed: 2)
        for _ in 0..<2_000 {
            let bytes = (0..<random.below(130)).map { _ in UInt8(random.below(256)) }
            #expect(SevenBitText.unpack(bytes[...]).count <= bytes.count * 8 / 7)
        }
    }
}
