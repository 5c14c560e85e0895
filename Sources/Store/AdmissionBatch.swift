import Base
import Domain
import RedisClient

/// The purchases of one item that go to the store in one call: at most `Limits.batch`, no user twice.
///
/// A batch is packed as a chunk of the queue (`ChunkLayout`), without its stamp, which the script puts in front. Most
/// of a purchase's memory in Redis is its user's entry, and Redis allocates in steps of 16 bytes: a user of 16
/// characters takes 14 bytes and 2 for their length, one step instead of two.
public struct AdmissionBatch: ~Copyable {
    private static let detailLength = RecordLayout.detailsLength
    private static let sequenceLength = RecordLayout.quantity.lowerBound

    public private(set) var count = 0
    private var users = ByteBuffer(capacity: 8_192)  // length and bytes of each
    private var packedUsers = ByteBuffer(capacity: 8_192)
    private var longUsers = 0  // whose length takes two bytes in MessagePack
    private var details = ByteBuffer(capacity: detailLength * Limits.batch)  // quantity, key digest, key id
    private var tags = ByteBuffer(capacity: HolderLayout.length * Limits.batch)
    private var largest: Int64 = 1
    private var hasDigests = false

    public init() {}

    public mutating func clear() {
        count = 0
        users.clear()
        packedUsers.clear()
        longUsers = 0
        details.clear()
        tags.clear()
        largest = 1
        hasDigests = false
    }

    /// - Parameter keyDigest: of the user's idempotency key, the low 56 bits; 0: no key.
    public mutating func append(
        user: Span<UInt8>, quantity: Int64, keyDigest: UInt64, ticketKeyID: UInt8, tag: UInt32
    ) {
        precondition(count < Limits.batch && user.count <= Limits.userLength && Limits.quantity.contains(quantity))
        count += 1
        users.append(UInt8(user.count))
        users.append(user)
        let start = packedUsers.count
        SevenBitText.append(user, to: &packedUsers)
        if packedUsers.count - start - 1 > MessagePack.longestShortText { longUsers += 1 }
        details.append(bigEndian: UInt16(truncatingIfNeeded: quantity))
        // Seven bytes of digest and one of key id, in one word.
        details.append(bigEndian: keyDigest << 8 | UInt64(ticketKeyID))
        tags.append(bigEndian: tag)
        largest = max(largest, quantity)
        hasDigests = hasDigests || keyDigest != 0
    }

    /// The user of each purchase, in order.
    public func forEachUser(_ body: (_ index: Int, _ user: Span<UInt8>) -> Void) { forEach(in: users, body) }

    private func forEach(in texts: borrowing ByteBuffer, _ body: (_ index: Int, _ text: Span<UInt8>) -> Void) {
        texts.withSpan { texts in
            var at = 0
            for index in 0..<count {
                let length = Int(texts[at])
                body(index, texts.extracting(at + 1..<at + 1 + length))
                at += 1 + length
            }
        }
    }

    public func quantity(at index: Int) -> Int64 {
        details.withSpan { details in
            Int64(details[Self.detailLength * index]) << 8 | Int64(details[Self.detailLength * index + 1])
        }
    }

    static let argumentCount = 7

    /// Writes the arguments behind run id and incarnation; see admit.lua. `first` is the sequence that the batch will
    /// probably begin at; without it the store takes longer, and with a wrong one longer still.
    ///
    /// Users and records are two texts, which the script unpacks by one call each: an argument for every one of them
    /// cost Redis a fifth more a purchase.
    func write(to writer: inout CommandWriter, expecting first: Int64?) {
        precondition(first ?? 1 > 0, "sequences begin at 1")
        assert(details.count == Self.detailLength * count && tags.count == HolderLayout.length * count)
        writer.argument(count)
        writer.argument(count: chunkLength) { appendChunk(to: &$0) }
        tags.withSpan { writer.argument($0) }
        writer.argument(largest)
        writer.argument(first ?? 0)
        let recordLength = Self.detailLength + (first == nil ? 0 : Self.sequenceLength)
        let length = packedUsers.count + longUsers
        writer.argument(count: length) { output in
            forEach(in: packedUsers) { output.append(messagePack: $1) }
        }
        writer.argument(count: length + (1 + recordLength) * count) { output in
            details.withSpan { details in
                forEach(in: packedUsers) { index, user in
                    output.append(messagePack: user)
                    output.append(MessagePack.shortText | UInt8(recordLength))
                    if let first { output.append(bigEndian: UInt32(truncatingIfNeeded: first + Int64(index))) }
                    let start = Self.detailLength * index
                    output.append(details.extracting(start..<start + Self.detailLength))
                }
            }
        }
    }

    private var chunkLength: Int {
        ChunkLayout.headerLength - ChunkLayout.stampLength + (largest > 1 ? ChunkLayout.quantityLength * count : 0)
            + (hasDigests ? ChunkLayout.digestLength * count : 0) + packedUsers.count
    }

    private func appendChunk(to output: inout ByteBuffer) {
        let hasQuantities = largest > 1
        output.append(
            (hasQuantities ? ChunkLayout.hasQuantities : 0) | (hasDigests ? ChunkLayout.hasDigests : 0))
        output.append(bigEndian: UInt16(count))
        if hasQuantities { appendDetails(RecordLayout.quantity, to: &output) }
        if hasDigests { appendDetails(RecordLayout.digest, to: &output) }
        output.append(packedUsers)
    }

    /// The bytes at `place` of each purchase's record, one after the other; `details` lack only the sequence.
    private func appendDetails(_ place: Range<Int>, to output: inout ByteBuffer) {
        details.withSpan { details in
            for index in 0..<count {
                let start = Self.detailLength * index - Self.sequenceLength
                output.append(details.extracting(start + place.lowerBound..<start + place.upperBound))
            }
        }
    }
}

/// The part of MessagePack that scripts get: texts of up to 255 bytes.
private enum MessagePack {
    static let shortText: UInt8 = 0xa0  // with the length in the low five bits
    static let longestShortText = 31
    static let text: UInt8 = 0xd9  // the length is the next byte
}

extension ByteBuffer {
    fileprivate mutating func append(messagePack text: Span<UInt8>) {
        if text.count <= MessagePack.longestShortText {
            append(MessagePack.shortText | UInt8(text.count))
        } else {
            append(MessagePack.text)
            append(UInt8(text.count))
        }
        append(text)
    }
}
