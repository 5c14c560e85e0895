import CLinux

/// Input as it was received: a connection's piece of the inbox.
struct Received {
    let connection: HeldConnection
    let place: Range<Int>
}

/// The memory into which the input of many connections is received, one behind the other. What is not used up in the
/// same batch is copied to its connection.
@safe struct Inbox: ~Copyable {
    private let memory: UnsafeMutableRawBufferPointer
    /// The most that one call receives.
    private let share: Int
    private var filled = 0
    private(set) var pieces: [Received] = []

    init(share: Int) {
        self.share = share
        unsafe memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * share, alignment: 16)
    }

    deinit { unsafe memory.deallocate() }

    /// True when its content has to be used up before more is received.
    func isFull(at limit: Int) -> Bool { filled > share || pieces.count >= limit }

    /// Receives into the room behind what was kept: the count of bytes, 0 at the end of the stream, or -1 with errno
    /// set. The next call overwrites them unless they are kept.
    func receive(from descriptor: Int32) -> Int {
        precondition(filled <= share)
        return unsafe clinux_receive(descriptor, memory.baseAddress.unsafelyUnwrapped + filled, share)
    }

    /// Keeps the first `count` bytes of what was received last.
    mutating func keep(_ count: Int, for connection: Connection) {
        precondition((0...share).contains(count))
        pieces.append(Received(connection: HeldConnection(connection), place: filled..<filled + count))
        filled += count
    }

    func bytes(of piece: Received) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: memory[piece.place])
    }

    mutating func clear() {
        pieces.removeAll(keepingCapacity: true)
        filled = 0
    }
}
