import CLinux

/// The memory into which every connection's input is read; what is not used up in the same event is copied away.
@safe struct ReadBuffer: ~Copyable {
    private let memory: UnsafeMutableRawBufferPointer

    init(size: Int) {
        unsafe memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
    }

    deinit { unsafe memory.deallocate() }

    /// Receives what fits: the count of bytes, 0 at the end of the stream, or -1 with errno set.
    func receive(from descriptor: Int32) -> Int {
        unsafe clinux_receive(descriptor, memory.baseAddress, memory.count)
    }

    /// The first `count` bytes; valid until the next `receive`.
    func bytes(_ count: Int) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: memory[..<count])
    }
}
