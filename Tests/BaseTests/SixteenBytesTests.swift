import Base
import Testing

private func block(_ byte: UInt8, at place: Int, among other: UInt8) -> SixteenBytes {
    var lanes = SIMD16<UInt8>(repeating: other)
    lanes[place] = byte
    return SixteenBytes(lanes)
}

@Test func `finds a byte, a control byte and a range at every place, and nothing else`() {
    for byte in UInt8.min...UInt8.max {
        for place in 0..<16 {
            for other in [UInt8(ascii: "a"), 0xE4, 0xFF] where byte != other {
                let sixteen = block(byte, at: place, among: other)
                #expect(SixteenBytes.firstMark(sixteen.equal(to: byte)) == place)
                #expect(SixteenBytes.firstMark(sixteen.controls) == (byte < 0x20 || byte == 0x7F ? place : 16))
                #expect(SixteenBytes.firstMark(sixteen.within(0x30...0x39)) == ((0x30...0x39) ~= byte ? place : 16))
                let notASCII = (0..<16).reduce(UInt32(0)) { $0 | UInt32(sixteen.lanes[$1] >> 7) << UInt32($1) }
                #expect(SixteenBytes.bits(sixteen.from(0x80)) == notASCII)
            }
            let put = SixteenBytes.put(block(byte, at: place, among: 0x61).from(0x61), 7)
            #expect(put[place] == (byte >= 0x61 ? 7 : 0) && put[(place + 1) % 16] == 7)
        }
    }
}

@Test func `what lies behind the last byte is never read, and counts as 0`() {
    for count in 1..<40 {
        for start in 0..<count {
            let bytes = (0..<count).map { UInt8($0 + 1) }
            let block = SixteenBytes(bytes.span, from: start)
            for lane in 0..<16 {
                #expect(block.lanes[lane] == (start + lane < count ? UInt8(start + lane + 1) : 0))
            }
            let marks = SixteenBytes.bits(block.from(1))
            #expect(marks == UInt32((1 << min(16, count - start)) - 1))
            #expect(SixteenBytes.bits(block.from(0), ofFirst: count - start) == marks)
        }
    }
}

@Test func `only the bytes of a range are searched`() {
    let bytes = Array("....................x...............x...".utf8)
    for end in 0...bytes.count {
        for start in 0...end {
            let found = SixteenBytes.first(in: bytes.span, start..<end) { $0.equal(to: UInt8(ascii: "x")) }
            #expect(found == bytes[start..<end].firstIndex(of: UInt8(ascii: "x")) ?? end)
        }
    }
}

@Test func `a text is different from others that differ in one byte, folded or not`() {
    check("ab", folds: ["AB", "aB"])
    check("host", folds: ["HOST", "Host"])
    check("expect", folds: ["Expect"])
    check("x-length", folds: ["X-LENGTH"])
    check("content-length", folds: ["Content-Length"])
    check("a-field-name-of-25-letters", folds: ["A-Field-Name-Of-25-Letters"])
}

private func check(_ text: StaticString, folds: [String]) {
    let bytes = Array("\(text)".utf8)
    for place in bytes.indices {
        for byte in UInt8(0x21)...0xFF where byte != bytes[place] {
            var other = [0x21] + bytes + [0x21]
            other[place + 1] = byte
            let (isSame, isFolded) = (other.span.holds(text, at: 1), other.span.holdsFolded(text, at: 1))
            let isSameLetter = byte < 0x80 && byte | 0x20 == bytes[place]
            #expect(!isSame && isFolded == isSameLetter, "\(byte) at \(place) of \(text)")
        }
    }
    for other in folds.map({ Array($0.utf8) }) {
        let (isSame, isFolded) = (other.span.holds(text, at: 0), other.span.holdsFolded(text, at: 0))
        #expect(isFolded && !isSame)
    }
    let longer = [0x21] + bytes
    let (isEqual, begins, isLongerEqual) = (
        bytes.span.equals(text), bytes.span.starts(with: text), longer.span.equals(text)
    )
    #expect(isEqual && begins && !isLongerEqual)
    let (ends, isAllOfIt) = (longer.span.ends(with: text, from: 1), longer.span.ends(with: text, from: 0))
    #expect(ends && !isAllOfIt)
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
