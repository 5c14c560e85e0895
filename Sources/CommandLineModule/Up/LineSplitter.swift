/// Cuts a stream of bytes into lines; what exceeds `longest` bytes of a line is dropped.
package struct LineSplitter: Sendable {
    package static let longest = 8_192
    private var partial: [UInt8] = []

    package init() {}

    /// - Returns: the lines that `bytes` end, oldest first, without their newline.
    package mutating func append(_ bytes: some Sequence<UInt8>) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                lines.append(String(decoding: partial, as: UTF8.self))
                partial.removeAll(keepingCapacity: true)
            } else if partial.count < Self.longest {
                partial.append(byte)
            }
        }
        return lines
    }
}
