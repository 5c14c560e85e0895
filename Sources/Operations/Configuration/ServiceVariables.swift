// DESIGN
// Kubernetes sets variables for every service of a namespace, named after it: a service called `sluice` or
// `sluice-queue` makes names that begin as ours do. They are recognised by form and value, so a misspelt setting of
// ours stays an error. Source: "Accessing the Service", environment variables, in the documentation of Kubernetes.

/// The variables that a service in the same namespace brings into every container.
enum ServiceVariables {
    private static let protocols = ["TCP", "UDP", "SCTP"]

    /// Whether `name`, with `value`, is one of `…_SERVICE_HOST`, `…_SERVICE_PORT` and its names, `…_PORT`, and
    /// `…_PORT_80_TCP` with its parts.
    static func contain(_ name: String, _ value: String) -> Bool {
        let words = name.split(separator: "_", omittingEmptySubsequences: false).map(String.init)
        guard let first = words.first, !first.isEmpty else { return false }
        for index in 1..<max(1, words.count) {
            let suffix = Array(words[index...])
            if isService(suffix, value) || isPort(suffix, value) { return true }
        }
        return false
    }

    private static func isService(_ suffix: [String], _ value: String) -> Bool {
        guard suffix.count >= 2, suffix[0] == "SERVICE" else { return false }
        if suffix[1] == "HOST" { return suffix.count == 2 && isAddress(value) }
        return suffix[1] == "PORT" && isNumber(value) && !suffix.contains("")
    }

    private static func isPort(_ suffix: [String], _ value: String) -> Bool {
        guard suffix[0] == "PORT" else { return false }
        if suffix.count == 1 { return isURL(value, protocols) }
        guard suffix.count >= 3, isNumber(suffix[1]), protocols.contains(suffix[2]) else { return false }
        if suffix.count == 3 { return isURL(value, [suffix[2]]) }
        guard suffix.count == 4 else { return false }
        switch suffix[3] {
        case "PROTO": return value == suffix[2].lowercased()
        case "PORT": return value == suffix[1]
        case "ADDR": return isAddress(value)
        default: return false
        }
    }

    private static func isURL(_ value: String, _ protocols: [String]) -> Bool {
        protocols.contains { value.hasPrefix($0.lowercased() + "://") }
    }

    private static func isNumber(_ value: String) -> Bool { UInt16(value) != nil }

    /// A numeric address; a headless service has none (`None`).
    private static func isAddress(_ value: String) -> Bool {
        value == "None"
            || !value.isEmpty
                && value.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                        UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "."), UInt8(ascii: ":"):
                        true
                    default: false
                    }
                }
    }
}
