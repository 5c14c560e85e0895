import Base
import Sodium
import Testing

@Test func `the vectors of RFC 4648 go both ways`() {
    for (text, code) in [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ] {
        #expect(Base64.encode(Array(text.utf8)) == code && Base64.decode(code) == Array(text.utf8))
    }
    #expect(Base64.encode([0xFB, 0xFF, 0xBF]) == "+/+/")
}

@Test func `every length and byte comes back, and nothing but the one spelling is read`() {
    var random = SplitMix64(seed: 4)
    for count in 0..<100 {
        let bytes = (0..<count).map { _ in UInt8(random.below(256)) }
        #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }
    for text in ["Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "====", "Z===", "Zm9v\n", "Zm9-", "Zm 9", "=Zg=", "é==="] {
        #expect(Base64.decode(text) == nil, "\(text)")
    }
}
