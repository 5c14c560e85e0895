import Base
import Domain
import Testing

@testable import Sodium

private func ring(_ fills: UInt8...) throws -> TicketKeyRing {
    try TicketKeyRing(fills.map { [UInt8](repeating: $0, count: 32) })
}

private func sample(_ codec: TicketCodec, sequence: Int64 = 17) -> Ticket {
    Ticket(
        keyID: codec.currentKeyID, incarnation: 0x0102_0304_0506_0708, sequence: sequence, quantity: 3, userTag: 99)
}

private func text(_ ticket: Ticket, of item: String = "demo", _ codec: TicketCodec) -> [UInt8] {
    var buffer = ByteBuffer()
    codec.append(ticket, item: Array(item.utf8), to: &buffer)
    return buffer.bytes
}

@Test(arguments: ["a", "ab", "abc", "demo", String(repeating: "x", count: 64)])
func `a ticket decodes to what was signed, and signing again gives the same string`(item: String) throws {
    let codec = TicketCodec(authenticator: try ring(1))
    let ticket = sample(codec, sequence: 4_294_967_295)
    let signed = text(ticket, of: item, codec)
    let found = codec.decode(signed.span)
    let decoded = try #require(found)
    #expect(decoded.ticket == ticket && decoded.item == ItemName(item))
    #expect(text(ticket, of: item, codec) == signed)
    #expect(signed.count <= TicketCodec.longest)
}

@Test func `a ticket is the string that others compute by the documented formula`() throws {
    // Python: hashlib.blake2b(b"sluice ticket", key=bytes(range(32)), digest_size=17) is the code's key and the id;
    // SipHash-2-4-128 written from its paper and checked against the authors' vectors.
    let codec = TicketCodec(authenticator: try TicketKeyRing([[UInt8](0..<32)]))
    #expect(codec.currentKeyID == 98)
    let signed = text(sample(codec), codec)
    #expect(String(decoding: signed, as: UTF8.self) == "AWIBAgMEBQYHCAAAABEAAwAAAAAAAABjZGVtbzItt1lnjU4f1llyH3cPBeA")
}

@Test func `no flipped bit, no cut and no longer string is a ticket`() throws {
    let codec = TicketCodec(authenticator: try ring(1))
    let signed = text(sample(codec), codec)
    for index in signed.indices {
        for bit in 0..<8 {
            var forged = signed
            forged[index] ^= 1 << bit
            #expect(codec.decode(forged.span) == nil)
        }
        #expect(codec.decode(signed.span.extracting(0..<index)) == nil)
    }
    #expect(codec.decode((signed + [UInt8(ascii: "A")]).span) == nil)
    #expect(codec.decode((signed + signed).span) == nil)
}

@Test func `spare bits are zero, so that one ticket has one string`() throws {
    let codec = TicketCodec(authenticator: try ring(1))
    let ticket = sample(codec)
    #expect(text(ticket, of: "demo1", codec).count % 4 == 0)  // 45 bytes: no spare bits
    var signed = text(ticket, of: "demo", codec)  // 44 bytes: two spare bits
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    let last = alphabet.firstIndex(of: signed[signed.count - 1])!
    signed[signed.count - 1] = alphabet[last | 1]
    #expect(last & 1 == 0)
    #expect(codec.decode(signed.span) == nil)
}

@Test func `a ticket of another cluster is foreign`() throws {
    let ours = TicketCodec(authenticator: try ring(1))
    let theirs = TicketCodec(authenticator: try ring(2))
    let signed = text(sample(theirs), theirs)
    #expect(ours.decode(signed.span) == nil)
}

@Test func `during a rotation both keys are valid, and a replay keeps the key it was signed with`() throws {
    let before = TicketCodec(authenticator: try ring(1))
    let during = TicketCodec(authenticator: try ring(2, 1))
    let ticket = sample(before)
    let signed = text(ticket, before)
    #expect(during.decode(signed.span)?.ticket == ticket)
    #expect(text(ticket, during) == signed)
    #expect(during.currentKeyID != before.currentKeyID)
}

@Test func `keys with the same name are refused`() {
    #expect(throws: TicketKeyRing.Problem.sameID) { try ring(7, 7) }
    #expect(throws: TicketKeyRing.Problem.invalidKey) { try TicketKeyRing([]) }
    #expect(throws: TicketKeyRing.Problem.invalidKey) { try TicketKeyRing([[1, 2, 3]]) }
}

@Test func `secrets match themselves only`() {
    #expect(Secret.matches(Array("abc".utf8), Array("abc".utf8)))
    #expect(!Secret.matches(Array("abc".utf8), Array("abd".utf8)))
    #expect(!Secret.matches(Array("abc".utf8), Array("abcd".utf8)))
    #expect(!Secret.matches([], [0]))
    #expect(Secret.random(count: 32) != Secret.random(count: 32))
}
