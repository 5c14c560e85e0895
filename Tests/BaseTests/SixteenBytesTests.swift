import Base
import Testing

private func block(_ byte: UInt8, at place: Int, among other: UInt8) -> SixteenBytes {
    var lanes = SIMD16<UInt8>(repeating: other)
    lanes[place] = byte
    return SixteenBytes(lanes)
}

@Test func `finds a byte, a control byte and a range of ASCII at every place, and nothing else`() {
    for byte in UInt8.min...UInt8.max {
        for place in 0..<16 {
            for other in [UInt8(ascii: "a"), 0xE4, 0xFF] {
                let sixteen = block(byte, at: place, among: other)
                #expect(SixteenBytes.firstMark(sixteen.equal(to: byte)) == (byte == other ? 0 : place))
                #expect(SixteenBytes.firstMark(sixteen.controls) == (byte < 0x20 || byte == 0x7F ? place : 16))
            }
            let ascii = block(byte, at: place, among: UInt8(ascii: "a"))
            #expect(SixteenBytes.hasMarks(ascii.notASCII) == (byte > 0x7F))
            guard byte < 0x80 else { continue }
            #expect(SixteenBytes.firstMark(ascii.within(0x30...0x39)) == ((0x30...0x39).contains(byte) ? place : 16))
            let put = SixteenBytes.put(ascii.from(0x61), 7)
            #expect(put[place] == (byte >= 0x61 ? 7 : 0) && put[(place + 1) % 16] == 7)
        }
    }
}

@Test func `a byte is found wherever it stands, and no earlier than asked`() {
    for count in 0..<40 {
        for place in 0..<count {
            var bytes = [UInt8](repeating: 0xE4, count: count)
            bytes[place] = UInt8(ascii: "/")
            #expect(bytes.span.firstIndex(of: UInt8(ascii: "/"), from: 0) == place)
            #expect(bytes.span.firstIndex(of: UInt8(ascii: "/"), from: place + 1) == nil)
        }
    }
}
