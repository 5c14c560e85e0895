/// Bytes being put together: replies, commands, frames. Keeps its memory between uses.
package struct ByteBuffer: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package init(capacity: Int) { bytes.reserveCapacity(capacity) }

    package var count: Int { bytes.count }
    package var isEmpty: Bool { bytes.isEmpty }

    /// Forgets the content and keeps the memory.
    package mutating func clear() { bytes.removeAll(keepingCapacity: true) }

    package mutating func reserve(_ additional: Int) { bytes.reserveCapacity(bytes.count + additional) }

    package mutating func append(_ byte: UInt8) { bytes.append(byte) }

    package mutating func append(_ text: StaticString) {
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    package mutating func append(utf8 text: String) { bytes.append(contentsOf: text.utf8) }

    package mutating func append(_ other: [UInt8]) { bytes.append(contentsOf: other) }

    package mutating func append(_ slice: ArraySlice<UInt8>) { bytes.append(contentsOf: slice) }

    package mutating func append(_ span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    /// Appends `value` in decimal, without allocating.
    package mutating func append(decimal value: Int64) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        append(decimal: value.magnitude)
    }

    package mutating func append(decimal value: Int) { append(decimal: Int64(value)) }

    package mutating func append(decimal value: UInt64) {
        if value < 10 {
            bytes.append(UInt8(ascii: "0") + UInt8(value))
            return
        }
        let start = bytes.count
        var rest = value
        while rest > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        }
        bytes[start...].reverse()
    }

    /// Appends an integer, most significant byte first.
    package mutating func append<Value: FixedWidthInteger>(bigEndian value: Value) {
        var shift = Value.bitWidth - 8
        while shift >= 0 {
            bytes.append(UInt8(truncatingIfNeeded: value >> Value(shift)))
            shift -= 8
        }
    }

    /// Forgets what lies past the first `newCount` bytes.
    package mutating func truncate(to newCount: Int) { bytes.removeLast(bytes.count - newCount) }

    /// Forgets the first `count` bytes; O(bytes kept).
    package mutating func removeFirst(_ count: Int) { bytes.removeFirst(count) }

    /// Overwrites one byte that was appended before.
    package mutating func set(_ byte: UInt8, at index: Int) { bytes[index] = byte }
}
