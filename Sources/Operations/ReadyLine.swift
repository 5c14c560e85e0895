public import Glibc

/// The one line on stdout that reports that a process serves: `ready name=value …`.
public struct ReadyLine: Equatable, Sendable {
    public private(set) var http: String?
    public private(set) var admin: String?
    public private(set) var ops: String?

    /// Of a process that has not printed it yet, or has no addresses.
    public init() {}

    /// Reads the line of another process; nil for every other line. Fields it does not know are skipped.
    public init?(parsing line: String) {
        let words = line.split(separator: " ")
        guard words.first == "ready" else { return nil }
        for word in words.dropFirst() {
            let pair = word.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { continue }
            switch pair[0] {
            case "http": http = String(pair[1])
            case "admin": admin = String(pair[1])
            case "ops": ops = String(pair[1])
            default: break
            }
        }
    }

    /// The line with its newline. Blanks and control characters in a value become `?`, so that the line can be split.
    public static func text(_ fields: KeyValuePairs<StaticString, String>) -> String {
        var line = "ready"
        for (name, value) in fields {
            let shown = value.unicodeScalars.map { (0x21...0x7E).contains($0.value) ? Character($0) : "?" }
            line += " \(name)=" + String(shown)
        }
        return line + "\n"
    }

    /// Writes the line of a whole engine, which has its public URL alone: `ready URL`.
    public static func write(url: String) { FileDescriptor.writeAll(Array("ready \(url)\n".utf8), to: STDOUT_FILENO) }

    /// Writes the line, unbuffered.
    public static func write(_ fields: KeyValuePairs<StaticString, String>, to descriptor: Int32 = STDOUT_FILENO) {
        FileDescriptor.writeAll(Array(text(fields).utf8), to: descriptor)
    }
}
