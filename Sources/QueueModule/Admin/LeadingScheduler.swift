import Base
import Domain

/// What the scheduler that leads says of workers and groups, in the list of nodes.
struct LeadingScheduler {
    private static let mostDescribed = 500  // it names no more than these
    private static let longestName = 256  // bytes
    private var names: Set<String> = []
    private var count = 0

    /// Nil for every other node, and for what is no description.
    init?(json text: String) {
        let bytes = Array(text.utf8)
        var (found, leads) = (LeadingScheduler(), false)
        do throws(JSONError) {
            try JSONReader.read(bytes.span) { (json) throws(JSONError) in
                try json.beginObject()
                while let key = try json.nextKey() {
                    if json.matches(key, "figures") {
                        leads = try Self.leads(&json)
                    } else if json.matches(key, "resources") {
                        try found.readResources(&json)
                    } else {
                        try json.skip()
                    }
                }
            }
        } catch {
            return nil
        }
        guard leads else { return nil }
        self = found
    }

    private init() {}

    /// Whether it can have something of this name; where it names not all, nobody can say no.
    func knows(_ name: String) -> Bool { names.contains(name) || count >= Self.mostDescribed }

    private static func leads(_ json: inout JSONReader) throws(JSONError) -> Bool {
        var leads = false
        try json.beginObject()
        while let key = try json.nextKey() {
            if json.matches(key, "leads") { leads = try json.integer() == 1 } else { try json.skip() }
        }
        return leads
    }

    private mutating func readResources(_ json: inout JSONReader) throws(JSONError) {
        try json.beginArray()
        while try json.nextElement() {
            count += 1
            try json.beginObject()
            while let key = try json.nextKey() {
                if json.matches(key, "name") {
                    names.insert(json.copy(try json.string()))
                } else {
                    try json.skip()
                }
            }
        }
    }

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
