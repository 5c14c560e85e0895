package import Base

/// Turns tickets into the strings that clients hold, and back.
///
/// Layout: version (1 byte), key id (1), incarnation (8), sequence (4), quantity (2), user tag (8), item name
/// (1...64), code (16), all most significant byte first, in canonical unpadded base64url; 60 letters for an item of 5.
/// Loop-confined.
package final class TicketCodec {
    private static let version: UInt8 = 1
    private static let fixedLength = 24
    private static let codeLength = 16
    package static let longest = (fixedLength + Limits.itemNameLength + codeLength) * 4 / 3 + 1  // letters

    private let authenticator: any TicketAuthenticator
    private var scratch: [UInt8] = []

    package init(authenticator: any TicketAuthenticator) {
        self.authenticator = authenticator
        scratch.reserveCapacity(Self.longest)
    }

    /// The key that new tickets carry.
    package var currentKeyID: UInt8 { authenticator.currentKeyID }

    /// Appends the string of `ticket`. A key that has been retired is replaced by the current one.
    package func append(_ ticket: Ticket, to output: inout ByteBuffer) {
        if sign(ticket) {
            Base64URL.append(scratch, to: &output)
            return
        }
        var resigned = ticket
        resigned.keyID = authenticator.currentKeyID
        let isSigned = sign(resigned)
        precondition(isSigned, "the current ticket key is missing")
        Base64URL.append(scratch, to: &output)
    }

    /// The ticket of `text`, or nil when it was not made by us. Touches no store.
    package func decode(_ text: Span<UInt8>) -> Ticket? {
        guard text.count <= Self.longest else { return nil }
        scratch.removeAll(keepingCapacity: true)
        guard Base64URL.decode(text, into: &scratch) else { return nil }
        let signed = scratch.count - Self.codeLength
        guard signed > Self.fixedLength, signed <= Self.fixedLength + Limits.itemNameLength else { return nil }
        guard scratch[0] == Self.version,
            let expected = authenticator.code(of: scratch, count: signed, keyID: scratch[1])
        else { return nil }
        let given = AuthenticationCode(
            high: number(at: signed, bytes: 8), low: number(at: signed + 8, bytes: 8))
        guard expected.matches(given), let item = ItemName(scratch.span.extracting(Self.fixedLength..<signed)) else {
            return nil
        }
        let sequence = Int64(number(at: 10, bytes: 4))
        let quantity = Int64(number(at: 14, bytes: 2))
        guard Limits.sequence.contains(sequence), Limits.quantity.contains(quantity) else { return nil }
        return Ticket(
            keyID: scratch[1], item: item, incarnation: number(at: 2, bytes: 8), sequence: sequence,
            quantity: quantity, userTag: number(at: 16, bytes: 8))
    }

    private func sign(_ ticket: Ticket) -> Bool {
        precondition(Limits.sequence.contains(ticket.sequence), "sequence outside of 32 bits")
        scratch.removeAll(keepingCapacity: true)
        scratch.append(Self.version)
        scratch.append(ticket.keyID)
        appendNumber(ticket.incarnation, bytes: 8)
        appendNumber(UInt64(ticket.sequence), bytes: 4)
        appendNumber(UInt64(ticket.quantity), bytes: 2)
        appendNumber(ticket.userTag, bytes: 8)
        scratch.append(contentsOf: ticket.item.description.utf8)
        guard let code = authenticator.code(of: scratch, count: scratch.count, keyID: ticket.keyID) else {
            return false
        }
        appendNumber(code.high, bytes: 8)
        appendNumber(code.low, bytes: 8)
        return true
    }

    private func appendNumber(_ value: UInt64, bytes: Int) {
        for position in 0..<bytes {
            scratch.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * (bytes - 1 - position))))
        }
    }

    private func number(at start: Int, bytes: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in start..<start + bytes { value = value << 8 | UInt64(scratch[index]) }
        return value
    }
}
