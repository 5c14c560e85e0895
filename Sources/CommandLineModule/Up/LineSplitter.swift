/// Cuts a stream of bytes into lines; what exceeds `longest` bytes of a line is dropped.
public struct LineSplitter: Sendable {
    public static let longest = 8_192
    private var partial: [UInt8] = []

    public init() {}

    /// - Returns: the lines that `bytes` end, oldest first, without their newline.
    public mutating func append(_ bytes: some Sequence<UInt8>) -> [String] {
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
