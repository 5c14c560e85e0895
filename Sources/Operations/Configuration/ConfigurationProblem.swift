/// One reason not to start: what is wrong where, and what would be right. Holds no secret.
public struct ConfigurationProblem: Sendable, Equatable, CustomStringConvertible {
    public let subject: String
    public let message: String

    public init(_ subject: String, _ message: String) {
        self.subject = subject
        self.message = message
    }

    public var description: String { "\(subject): \(message)" }
}

/// `text` on one line of a terminal: at most 60 characters, all but printable ASCII replaced by "?".
func quoted(_ text: String) -> String {
    let shown = text.unicodeScalars.prefix(60).map { (0x20...0x7E).contains($0.value) ? Character($0) : "?" }
    return String(shown) + (text.unicodeScalars.count > 60 ? "..." : "")
}

/// The one of `candidates` that `text` was probably meant to be, with at most two slips.
func nearest(to text: String, among candidates: [String]) -> String? {
    let given = Array(text.utf8.prefix(64))
    var best: (distance: Int, name: String)?
    for candidate in candidates {
        let distance = editDistance(given, Array(candidate.utf8))
        if distance <= 2, distance < (best?.distance ?? .max) { best = (distance, candidate) }
    }
    return best?.name
}

/// Insertions, deletions and replacements between two words. Source: Wagner and Fischer, 1974.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (i, byte) in left.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, other) in right.enumerated() {
            let replaced = diagonal + (byte == other ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
        }
    }
    return row[right.count]
}
