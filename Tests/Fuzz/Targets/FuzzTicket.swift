import Base
import Domain
import Sodium

/// What the codec takes for a ticket is signed by us, and written again it is the very same text; no change of a ticket
/// is a ticket.
///
/// The input is tried as a text, under a real key and under a code that can be guessed, which lets the fuzzer past the
/// signature; and as the material of a ticket that is made, signed, and then changed.
func fuzzTicket(_ bytes: [UInt8]) {
    let strong = strongCodec()
    for codec in [strong, TicketCodec(authenticator: GuessableAuthenticator())] {
        guard let (ticket, item) = codec.decode(bytes.span) else { continue }
        require(written(ticket, of: item, codec) == bytes, "another text for the same ticket")
    }
    guard bytes.count > 26 else { return }
    let ticket = ticket(of: bytes, keyID: strong.currentKeyID)
    let item = name(of: bytes)
    let text = written(ticket, of: item, strong)
    guard let decoded = strong.decode(text.span) else { fatalError("our own ticket is refused") }
    require(decoded.ticket == ticket && decoded.item == item, "another ticket")
    require(text.count <= TicketCodec.longest, "a ticket longer than the longest")
    refuseForgeries(of: text, place: Int(bytes[24]) % text.count, change: bytes[25], strong)
}

private func strongCodec() -> TicketCodec {
    guard let ring = try? TicketKeyRing([[UInt8](repeating: 7, count: 32)]) else { fatalError("no key ring") }
    return TicketCodec(authenticator: ring)
}

/// Knows the keys 0...127, whose codes are all zero.
private final class GuessableAuthenticator: TicketAuthenticator {
    let currentKeyID: UInt8 = 0

    func code(of bytes: Span<UInt8>, keyID: UInt8) -> AuthenticationCode? {
        keyID < 128 ? AuthenticationCode(high: 0, low: 0) : nil
    }
}

private func written(_ ticket: Ticket, of item: ItemName, _ codec: TicketCodec) -> [UInt8] {
    var buffer = ByteBuffer()
    codec.append(ticket, item: Array(item.description.utf8), to: &buffer)
    return buffer.bytes
}

private func ticket(of bytes: [UInt8], keyID: UInt8) -> Ticket {
    func number(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
    return Ticket(
        keyID: keyID, incarnation: number(0..<8), sequence: Int64(max(1, number(8..<12))),
        quantity: Int64(number(12..<14) % 1000 + 1), userTag: number(14..<22))
}

private func name(of bytes: [UInt8]) -> ItemName {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    let name = bytes[26...].prefix(64).map { letters[Int($0 & 63)] }
    guard let item = ItemName(name.span) else { fatalError("not a name: \(name)") }
    return item
}

private func refuseForgeries(of text: [UInt8], place: Int, change: UInt8, _ codec: TicketCodec) {
    func refuse(_ forged: [UInt8], _ what: String) {
        require(forged == text || codec.decode(forged.span) == nil, "took a forgery: \(what)")
    }
    var forged = text
    forged[place] ^= change
    refuse(forged, "byte \(place) changed by \(change)")
    forged = text
    forged.swapAt(place, Int(change) % text.count)
    refuse(forged, "bytes exchanged")
    forged = text
    forged.insert(change, at: place)
    refuse(forged, "a byte more")
    forged = text
    forged.remove(at: place)
    refuse(forged, "a byte less")
    refuse(Array(text[..<place]), "cut")
}
