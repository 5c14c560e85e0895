import Base
import Testing

@Test func `numbers are written in decimal, and growing keeps what was written`() {
    var output = ByteBuffer(capacity: 1)
    var expected = ""
    for value in [0, 9, 10, 99, 100, 12_345, Int.max, Int.max / 10, 1_000_000_000_000_000_000] {
        output.append(decimal: value)
        output.append(" ")
        expected += "\(value) "
    }
    #expect(String(decoding: output.bytes, as: UTF8.self) == expected)
}

@Test func `what is appended in any form lies in order, in place and as a copy`() {
    var buffer = ByteBuffer()
    var other = ByteBuffer()
    #expect(buffer.count == 0 && buffer.bytes == [])
    buffer.append(other)
    buffer.append("")
    buffer.append(UInt8(1))
    buffer.append([2, 3])
    buffer.append([0, 4, 5, 0][1...2])
    buffer.append([6, 7].span)
    buffer.append(bigEndian: UInt16(0x0809))
    buffer.append(bigEndian: UInt64(0x0A0B_0C0D_0E0F_1011))
    buffer.append(utf8: "\u{12}\u{13}")
    other.append("\u{14}")
    buffer.append(other)
    #expect(buffer.bytes == (1...20).map { UInt8($0) } && buffer.count == 20)
    let isInPlace = buffer.withSpan { span in span.indices.allSatisfy { span[$0] == $0 + 1 } }
    #expect(isInPlace)
    #expect(unsafe Array(buffer.written(from: 17)) == [18, 19, 20])
    #expect(unsafe buffer.written(from: 20).count == 0)
}

@Test func `a buffer gives up its end, its beginning or everything, and goes on`() {
    var buffer = ByteBuffer(capacity: 4)
    buffer.append("0123456789")
    buffer.truncate(to: 8)
    buffer.removeFirst(3)
    buffer.set(UInt8(ascii: "!"), at: 1)
    buffer.removeFirst(0)
    #expect(String(decoding: buffer.bytes, as: UTF8.self) == "3!567")
    buffer.append("ab")
    #expect(String(decoding: buffer.bytes, as: UTF8.self) == "3!567ab")
    buffer.removeFirst(7)
    #expect(buffer.count == 0)
    buffer.append("c")
    buffer.clear()
    #expect(buffer.count == 0 && buffer.bytes == [])
}

@Test func `negative numbers and every length of numbers are written in decimal`() {
    var value: UInt64 = 1
    for length in 1...20 {
        for number in [value - 1, value, value + 1] {
            var buffer = ByteBuffer()
            buffer.append(decimal: number)
            #expect(String(decoding: buffer.bytes, as: UTF8.self) == "\(number)")
            #expect(ByteBuffer.digits(number) == "\(number)".utf8.count)
        }
        if length < 20 { value *= 10 }
    }
    for number in UInt64(0)..<20_000 {
        for value in [number, 9_999 * 10_000 + number, number * 10_000 + 42] {
            var buffer = ByteBuffer()
            buffer.append(decimal: value)
            #expect(String(decoding: buffer.bytes, as: UTF8.self) == "\(value)")
        }
    }
    var buffer = ByteBuffer()
    buffer.append(decimal: Int64.min)
    buffer.append(decimal: -7)
    #expect(String(decoding: buffer.bytes, as: UTF8.self) == "\(Int64.min)-7")
}
