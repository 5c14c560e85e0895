public import Base

/// Turns tickets into the strings that clients hold, and back.
///
/// Layout: version (1 byte), key id (1), incarnation (8), sequence (4), quantity (2), user tag (8), item name
/// (1...64), code (16), all most significant byte first, in canonical unpadded base64url; 60 letters for an item of 5.
/// Loop-confined.
public final class TicketCodec {
    private static let version: UInt8 = 1
    private static let fixedLength = 24
    private static let codeLength = 16
    public static let longest = (fixedLength + Limits.itemNameLength + codeLength) * 4 / 3 + 1  // letters

    private let authenticator: any TicketAuthenticator
    private var scratch = ByteBuffer(capacity: TicketCodec.longest)

    public init(authenticator: any TicketAuthenticator) {
        self.authenticator = authenticator
    }

    /// The key that new tickets carry.
    public var currentKeyID: UInt8 { authenticator.currentKeyID }

    /// Appends the string of `ticket`. A key that has been retired is replaced by the current one.
    public func append(_ ticket: Ticket, to output: inout ByteBuffer) {
        if !sign(ticket) {
            var resigned = ticket
            resigned.keyID = authenticator.currentKeyID
            let isSigned = sign(resigned)
            precondition(isSigned, "the current ticket key is missing")
        }
        scratch.withSpan { Base64URL.append($0, to: &output) }
    }

    /// The ticket of `text`, or nil when it was not made by us. Touches no store.
    public func decode(_ text: Span<UInt8>) -> Ticket? {
        guard text.count <= Self.longest else { return nil }
        scratch.clear()
        guard Base64URL.decode(text, into: &scratch) else { return nil }
        return scratch.withSpan { read($0) }
    }

    private func read(_ bytes: Span<UInt8>) -> Ticket? {
        let signed = bytes.count - Self.codeLength
        guard signed > Self.fixedLength, signed <= Self.fixedLength + Limits.itemNameLength else { return nil }
        guard bytes[0] == Self.version,
            let expected = authenticator.code(of: bytes.extracting(0..<signed), keyID: bytes[1])
        else { return nil }
        let given = AuthenticationCode(
            high: Self.number(bytes, at: signed, count: 8), low: Self.number(bytes, at: signed + 8, count: 8))
        guard expected.matches(given), let item = ItemName(bytes.extracting(Self.fixedLength..<signed)) else {
            return nil
        }
        let sequence = Int64(Self.number(bytes, at: 10, count: 4))
        let quantity = Int64(Self.number(bytes, at: 14, count: 2))
        guard Limits.sequence.contains(sequence), Limits.quantity.contains(quantity) else { return nil }
        return Ticket(
            keyID: bytes[1], item: item, incarnation: Self.number(bytes, at: 2, count: 8), sequence: sequence,
            quantity: quantity, userTag: Self.number(bytes, at: 16, count: 8))
    }

    private func sign(_ ticket: Ticket) -> Bool {
        precondition(Limits.sequence.contains(ticket.sequence), "sequence outside of 32 bits")
        scratch.clear()
        scratch.append(Self.version)
        scratch.append(ticket.keyID)
        scratch.append(bigEndian: ticket.incarnation)
        scratch.append(bigEndian: UInt32(truncatingIfNeeded: ticket.sequence))
        scratch.append(bigEndian: UInt16(truncatingIfNeeded: ticket.quantity))
        scratch.append(bigEndian: ticket.userTag)
        scratch.append(utf8: ticket.item.description)
        guard let code = scratch.withSpan({ authenticator.code(of: $0, keyID: ticket.keyID) }) else { return false }
        scratch.append(bigEndian: code.high)
        scratch.append(bigEndian: code.low)
        return true
    }

    private static func number(_ bytes: Span<UInt8>, at start: Int, count: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in start..<start + count { value = value << 8 | UInt64(bytes[index]) }
        return value
    }
}
