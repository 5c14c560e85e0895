import Base

/// Output that is to be sent: a connection's piece of the outbox, which begins where the piece before ends.
struct Sealed {
    let connection: HeldConnection
    let end: Int
}

/// Answers of many connections, one behind the other.
struct Outbox: ~Copyable {
    /// Where answers are put together; what lies behind the last piece has no owner yet.
    var bytes: ByteBuffer
    private(set) var pieces: [Sealed] = []
    private var sealed = 0

    init(capacity: Int) { bytes = ByteBuffer(capacity: capacity) }

    var isSealed: Bool { sealed == bytes.count }

    /// Makes what was appended since the last call the connection's.
    mutating func seal(for connection: HeldConnection) {
        guard !isSealed else { return }
        sealed = bytes.count
        pieces.append(Sealed(connection: connection, end: sealed))
    }

    mutating func clear() {
        pieces.removeAll(keepingCapacity: true)
        bytes.clear()
        sealed = 0
    }
}
