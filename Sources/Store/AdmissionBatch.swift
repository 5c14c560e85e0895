import Domain
import RedisClient

/// The purchases of one item that go to the store in one call: at most `Limits.batch`, no user twice.
///
/// Layout of a queue chunk (the script puts first sequence, 4 bytes, and time, 8 bytes, in front): flags (1: quantities
/// follow, 2: key digests follow), count (2), [quantity (2) each], [digest (7) each], [length (1) and user each].
package struct AdmissionBatch {
    private static let defaultDigest = [UInt8](repeating: 0, count: 7)

    package private(set) var count = 0
    private var users: [UInt8] = []  // length and bytes of each
    private var details: [UInt8] = []  // 10 bytes each: quantity, key digest, ticket key id
    private var tags: [UInt8] = []  // 4 bytes each
    private var largest: Int64 = 1
    private var hasDigests = false

    package init() {}

    package mutating func clear() {
        count = 0
        users.removeAll(keepingCapacity: true)
        details.removeAll(keepingCapacity: true)
        tags.removeAll(keepingCapacity: true)
        largest = 1
        hasDigests = false
    }

    /// - Parameter keyDigest: the low 56 bits tell the user's idempotency keys apart; 0 is the one of no key.
    package mutating func append(
        user: some Collection<UInt8>, quantity: Int64, keyDigest: UInt64, ticketKeyID: UInt8, tag: UInt32
    ) {
        precondition(count < Limits.batch && user.count <= Limits.userLength && Limits.quantity.contains(quantity))
        count += 1
        users.append(UInt8(user.count))
        users.append(contentsOf: user)
        details.append(UInt8(truncatingIfNeeded: quantity >> 8))
        details.append(UInt8(truncatingIfNeeded: quantity))
        for position in 0..<7 { details.append(UInt8(truncatingIfNeeded: keyDigest >> UInt64(48 - 8 * position))) }
        details.append(ticketKeyID)
        for position in 0..<4 { tags.append(UInt8(truncatingIfNeeded: tag >> UInt32(24 - 8 * position))) }
        largest = max(largest, quantity)
        hasDigests = hasDigests || keyDigest != 0
    }

    /// The user of each purchase, in order.
    package func forEachUser(_ body: (_ index: Int, _ user: ArraySlice<UInt8>) -> Void) {
        var at = 0
        for index in 0..<count {
            let length = Int(users[at])
            body(index, users[at + 1..<at + 1 + length])
            at += 1 + length
        }
    }

    package func quantity(at index: Int) -> Int64 {
        Int64(details[10 * index]) << 8 | Int64(details[10 * index + 1])
    }

    var argumentCount: Int { 6 + 2 * count }

    /// Writes the arguments behind run id and incarnation; see admit.lua.
    func write(to writer: inout CommandWriter) {
        writer.argument(count)
        writer.argument(chunk())
        writer.argument(tags)
        writer.argument(Int(largest))
        forEachUser { writer.argument($1) }
        for index in 0..<count { writer.argument(details[10 * index..<10 * index + 10]) }
    }

    private func chunk() -> [UInt8] {
        let hasQuantities = largest > 1
        var chunk: [UInt8] = []
        chunk.reserveCapacity(3 + 9 * count + users.count)
        chunk.append((hasQuantities ? 1 : 0) | (hasDigests ? 2 : 0))
        chunk.append(UInt8(count >> 8))
        chunk.append(UInt8(truncatingIfNeeded: count))
        if hasQuantities {
            for index in 0..<count { chunk.append(contentsOf: details[10 * index..<10 * index + 2]) }
        }
        if hasDigests {
            for index in 0..<count { chunk.append(contentsOf: details[10 * index + 2..<10 * index + 9]) }
        }
        chunk.append(contentsOf: users)
        return chunk
    }
}

/// What the store said of one purchase.
package struct Admission: Sendable, Equatable {
    package enum Outcome: UInt8, Sendable {
        case admitted = 0
        case replayed = 1
        case mismatch = 2
        case limitReached = 3
        case closed = 4
        case notOpen = 5
        case soldOut = 6
        case paused = 7
        case queueFull = 8
        case frozen = 9
    }

    package var outcome: Outcome
    /// Of the ticket that the buyer has, or that holds the place; 0 where there is none.
    package var sequence: Int64
    package var quantity: Int64
    package var ticketKeyID: UInt8

    package init(outcome: Outcome, sequence: Int64, quantity: Int64, ticketKeyID: UInt8) {
        self.outcome = outcome
        self.sequence = sequence
        self.quantity = quantity
        self.ticketKeyID = ticketKeyID
    }
}

/// The answer to a batch.
package struct AdmissionReply: Sendable {
    package var version: Int64
    package var head: Int64
    package var tail: Int64
    package var free: Int64
    package var held: Int64
    /// The first sequence when all were admitted as new, in order; else nil, and `packed` has 8 bytes for each.
    package var firstSequence: Int64?
    fileprivate var packed: [UInt8]

    /// What became of purchase `index`, or nil where the script let all in.
    package func admission(at index: Int) -> Admission? {
        let at = 8 * index
        guard at + 8 <= packed.count, let outcome = Admission.Outcome(rawValue: packed[at]) else { return nil }
        let sequence = packed[at + 1..<at + 5].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        return Admission(
            outcome: outcome, sequence: sequence, quantity: Int64(packed[at + 5]) << 8 | Int64(packed[at + 6]),
            ticketKeyID: packed[at + 7])
    }

    init?(_ reply: ScriptReply, count: Int) {
        guard let version = reply.integer(1), let head = reply.integer(2), let tail = reply.integer(3),
            let free = reply.integer(4), let held = reply.integer(5)
        else { return nil }
        self.version = version
        self.head = head
        self.tail = tail
        self.free = free
        self.held = held
        packed = reply.bytes(6) ?? []
        firstSequence = reply.integer(6)
        guard reply.status == 0 ? firstSequence != nil : packed.count == 8 * count else { return nil }
    }
}
