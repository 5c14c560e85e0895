import Base
import Operations

/// The workers and groups that the leading scheduler describes in the list of nodes.
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

    /// Whether it may have a worker or group of this name; yes where it does not name all.
    func knows(_ name: String) -> Bool { !namesAll || names.contains(name) }

    /// A worker's or group's name from a path, percent-decoded; nil for what can be no name.
    static func name(fromSegment segment: String) -> String? {
        guard let bytes = percentDecoded(segment.utf8), (1...longestName).contains(bytes.count),
            bytes.areVisibleASCII
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
