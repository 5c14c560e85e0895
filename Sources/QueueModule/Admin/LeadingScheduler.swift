import Operations

/// What the scheduler that leads says of workers and groups, in the list of nodes.
struct LeadingScheduler {
    private static let longestName = 256  // bytes
    private let names: Set<String>
    private let namesAll: Bool

    /// Nil for every other node, and for what is no description.
    init?(json text: String) {
        guard let node = NodeDescription(json: text), node.figure("leads") == 1 else { return nil }
        let resources = node.resources ?? []
        names = Set(resources.map(\.name))
        namesAll = resources.count < NodeResource.mostDescribed
    }

    /// Whether it can have something of this name; where it names not all, nobody can say no.
    func knows(_ name: String) -> Bool { !namesAll || names.contains(name) }

    /// A worker's or group's name from a path, where some letters stand as `%2F` does; nil for what can be no name.
    static func name(fromSegment segment: String) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(segment.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let high = hexDigit(rest.removeFirst()), let low = hexDigit(rest.removeFirst())
            else { return nil }
            bytes.append(high << 4 | low)
        }
        guard (1...longestName).contains(bytes.count), bytes.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            return nil
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
