public import Glibc

/// The one line on stdout that says a process serves: `ready name=value …`.
public enum ReadyLine {
    /// The line with its newline. Blanks and control characters in a value become `?`, so that the line can be split.
    public static func text(_ fields: KeyValuePairs<StaticString, String>) -> String {
        var line = "ready"
        for (name, value) in fields {
            let shown = value.unicodeScalars.map { (0x21...0x7E).contains($0.value) ? Character($0) : "?" }
            line += " \(name)=" + String(shown)
        }
        return line + "\n"
    }

    /// Writes the line, unbuffered.
    public static func write(_ fields: KeyValuePairs<StaticString, String>, to descriptor: Int32 = STDOUT_FILENO) {
        FileDescriptor.writeAll(Array(text(fields).utf8), to: descriptor)
    }
}
