import Base
import Testing

@Suite struct Base64URLTests {
    private func encode(_ bytes: [UInt8]) -> String {
        var buffer = ByteBuffer(capacity: 16)
        Base64URL.append(bytes.span, to: &buffer)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    private func decode(_ text: String) -> [UInt8]? {
        var output = ByteBuffer()
        let letters = Array(text.utf8)
        return Base64URL.decode(letters.span, into: &output) ? output.bytes : nil
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("foobar", "Zm9vYmFy"),
    ])
    func `agrees with RFC 4648`(plain: String, text: String) {
        #expect(encode(Array(plain.utf8)) == text && decode(text) == Array(plain.utf8))
    }

    @Test func `uses the letters that a URL can carry`() {
        #expect(encode([0xFB, 0xEF, 0xFF]) == "--__" && decode("--__") == [0xFB, 0xEF, 0xFF])
    }

    @Test func `what was encoded is decoded, at every length`() {
        var random = SplitMix64(seed: 5)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            #expect(decode(encode(bytes)) == bytes)
        }
    }

    @Test(arguments: ["Z", "Zm9vY", "Zg==", "Zg=", "Z g", "Zm9v\n", "+/+/", "Zé", "Zm8\0"])
    func `refuses an impossible length and foreign letters`(text: String) {
        #expect(decode(text) == nil)
    }

    @Test(arguments: [4, 16, 19, 32, 43])
    func `finds what is no letter wherever it stands`(count: Int) {
        let letters = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        for place in 0..<count {
            for byte in UInt8.min...UInt8.max where place < count - 1 || !letters.contains(byte) {
                var text = [UInt8](repeating: UInt8(ascii: "A"), count: count)
                text[place] = byte
                var output = ByteBuffer()
                let isDecoded = Base64URL.decode(text.span, into: &output)
                #expect(isDecoded == letters.contains(byte), "\(byte) at \(place)")
            }
        }
    }

    @Test func `no two texts decode to the same bytes`() {
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        for (lead, others) in [("Z", 63), ("Zm", 63)] {
            var seen: Set<[UInt8]> = []
            for letter in letters {
                if let bytes = decode(lead + String(letter)) { #expect(seen.insert(bytes).inserted) }
            }
            #expect(seen.count == (lead.utf8.count == 1 ? 4 : 16) && others == letters.utf8.count - 1)
        }
    }
}
