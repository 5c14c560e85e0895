/// Plain memory in which answers are put together before they are sent, kept between uses.
///
/// An array costs a uniqueness and a bounds check on each of a dozen short pieces per answer; this costs a copy.
@safe struct OutputBuffer: ~Copyable {
    private var memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(capacity: Int) {
        unsafe memory = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
    }

    deinit { unsafe memory.deallocate() }

    /// What was appended from `start` on; valid until the next change.
    func written(from start: Int) -> UnsafeRawBufferPointer {
        precondition(start <= count)
        return unsafe UnsafeRawBufferPointer(rebasing: memory[start..<count])
    }

    @inline(__always)
    mutating func truncate(to newCount: Int) {
        precondition(newCount <= count)
        count = newCount
    }

    @inline(__always)
    mutating func append(_ text: StaticString) {
        unsafe append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func append(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe append($0) }
    }

    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        reserve(bytes.count)
        unsafe UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: bytes)
        count += bytes.count
    }

    /// Appends a number in decimal; it must not be negative.
    mutating func append(decimal value: Int) {
        precondition(value >= 0)
        var digits = 1
        var bound = 10
        while digits < 19, value >= bound {
            digits += 1
            bound &*= 10
        }
        reserve(digits)
        var rest = value
        for place in stride(from: count + digits - 1, through: count, by: -1) {
            unsafe memory[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        count += digits
    }

    @inline(__always)
    private mutating func reserve(_ additional: Int) {
        if unsafe memory.count - count < additional { grow(additional) }
    }

    @inline(never)
    private mutating func grow(_ additional: Int) {
        let larger = unsafe UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(2 * memory.count, count + additional), alignment: 16)
        unsafe larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
        unsafe memory.deallocate()
        unsafe memory = larger
    }
}
