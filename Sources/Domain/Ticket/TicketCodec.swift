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
    private var scratch = ByteBuffer(capacity: TicketCodec.longest)  // bytes of the ticket at hand, while a call lasts
    private var text = ByteBuffer(capacity: TicketCodec.longest)  // the same as letters

    public init(authenticator: any TicketAuthenticator) {
        self.authenticator = authenticator
    }

    /// The key that new tickets carry.
    public var currentKeyID: UInt8 { authenticator.currentKeyID }

    /// Appends the string of a ticket of `item`. A key that has been retired is replaced by the current one.
    public func append(_ ticket: Ticket, item: [UInt8], to output: inout ByteBuffer) {
        if !sign(ticket, item) {
            var resigned = ticket
            resigned.keyID = authenticator.currentKeyID
            let isSigned = sign(resigned, item)
            precondition(isSigned, "the current ticket key is missing")
        }
        scratch.withSpan { Base64URL.append($0, to: &output) }
    }

    /// Calls `body` with the string of a ticket of `item`, as `append` writes it.
    @inline(__always)
    public func withText<Result>(of ticket: Ticket, item: [UInt8], _ body: (Span<UInt8>) -> Result) -> Result {
        text.clear()
        append(ticket, item: item, to: &text)
        return text.withSpan { body($0) }
    }

    /// Calls `body` with the ticket of `text` and the name of its item; nil, and no call, where none of our keys signed
    /// the text. Makes no call to the store. The name is one that was signed; making an `ItemName` of it checks it.
    ///
    /// `body` must not use the codec.
    @inline(__always)
    public func read<Result>(_ text: Span<UInt8>, _ body: (Ticket, Span<UInt8>) -> Result) -> Result? {
        guard text.count <= Self.longest else { return nil }
        scratch.clear()
        guard Base64URL.decode(text, into: &scratch) else { return nil }
        return scratch.withSpan { bytes -> Result? in
            guard let ticket = verify(bytes) else { return nil }
            return body(ticket, bytes.extracting(Self.fixedLength..<bytes.count - Self.codeLength))
        }
    }

    /// The same as values, for paths that are not hot; nil also where the name is not valid.
    public func decode(_ text: Span<UInt8>) -> (ticket: Ticket, item: ItemName)? {
        let found = read(text) { ticket, name in ItemName(name).map { (ticket, $0) } }
        guard let (ticket, item) = found ?? nil else { return nil }
        return (ticket, item)
    }

    private func verify(_ bytes: Span<UInt8>) -> Ticket? {
        let signed = bytes.count - Self.codeLength
        guard signed > Self.fixedLength, signed <= Self.fixedLength + Limits.itemNameLength else { return nil }
        guard bytes[0] == Self.version,
            let expected = authenticator.code(of: bytes.extracting(0..<signed), keyID: bytes[1])
        else { return nil }
        let given = AuthenticationCode(
            high: bytes.bigEndian(at: signed), low: bytes.bigEndian(at: signed + 8))
        guard expected.matches(given) else { return nil }
        let place = bytes.bigEndian(at: 8)  // the end of the incarnation, the sequence, the quantity
        let sequence = Int64(UInt32(truncatingIfNeeded: place >> 16))
        let quantity = Int64(UInt16(truncatingIfNeeded: place))
        guard Limits.sequence.contains(sequence), Limits.quantity.contains(quantity) else { return nil }
        return Ticket(
            keyID: bytes[1], incarnation: bytes.bigEndian(at: 2), sequence: sequence, quantity: quantity,
            userTag: bytes.bigEndian(at: 16))
    }

    private func sign(_ ticket: Ticket, _ item: [UInt8]) -> Bool {
        precondition(Limits.sequence.contains(ticket.sequence), "sequence outside of 32 bits")
        scratch.clear()
        scratch.append(Self.version)
        scratch.append(ticket.keyID)
        scratch.append(bigEndian: ticket.incarnation)
        scratch.append(bigEndian: UInt32(truncatingIfNeeded: ticket.sequence))
        scratch.append(bigEndian: UInt16(truncatingIfNeeded: ticket.quantity))
        scratch.append(bigEndian: ticket.userTag)
        scratch.append(item)
        guard let code = scratch.withSpan({ authenticator.code(of: $0, keyID: ticket.keyID) }) else { return false }
        scratch.append(bigEndian: code.high)
        scratch.append(bigEndian: code.low)
        return true
    }
}
