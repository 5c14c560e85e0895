/// The settings of one file: `name = value` lines. `#` begins a comment at the start of a line or after a blank.
struct ConfigurationFile {
    struct Entry: Equatable {
        let value: String
        let line: Int
    }

    static let sizeLimit = 65_536  // bytes

    private(set) var entries: [String: Entry] = [:]
    private(set) var problems: [ConfigurationProblem] = []

    /// Reads `bytes`; `path` is for the problems only.
    init(_ bytes: [UInt8], path: String) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            problems.append(ConfigurationProblem(path, "is not UTF-8"))
            return
        }
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() { read(line, number: index + 1, path: path) }
    }

    init() {}

    private mutating func read(_ line: Substring, number: Int, path: String) {
        let content = trimmed(Self.withoutComment(line))
        guard !content.isEmpty else { return }
        let place = "\(path) line \(number)"
        guard let equals = content.firstIndex(of: "=") else {
            problems.append(ConfigurationProblem(place, "must be name = value"))
            return
        }
        let name = String(trimmed(content[..<equals]))
        if let earlier = entries[name] {
            problems.append(ConfigurationProblem("\(place): \(quoted(name))", "stands in line \(earlier.line) already"))
            return
        }
        entries[name] = Entry(value: String(trimmed(content[content.index(after: equals)...])), line: number)
    }

    private static func withoutComment(_ line: Substring) -> Substring {
        var isAfterBlank = true
        for index in line.indices {
            if line[index] == "#", isAfterBlank { return line[..<index] }
            isAfterBlank = line[index] == " " || line[index] == "\t"
        }
        return line
    }
}
