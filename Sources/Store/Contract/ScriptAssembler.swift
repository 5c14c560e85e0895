// DESIGN
// Scripts are put together from files, since Redis has no modules. An operation names the modules that it needs in a
// line `--- include:`, and each is put there, once, with what it includes itself before it. Most files do so on top;
// admit.lua includes what its full path needs below the fast path, whose calls then do not define it, and an include
// that is indented is for the block that it stands in.
//
// A line `--- constants:` names numbers and texts of the contract, or gives a value to one of the file's own; their
// values are put where the names stand. As locals they would be captured by every function that uses them, which cost
// a call of admit 12 % more instructions.
//
// The other lines that begin so are for readers, as comments are: Redis gets neither. `ContractTests` check them: `---
// shares:` what a module is included for, `--- needs:` the keys that it expects.

/// Puts one script together. Traps where a file names what does not exist: every start of a process would find it.
struct ScriptAssembler {
    private let modules: [String: [UInt8]]
    private var included: Set<String> = []
    private var lines: [String] = []

    init(modules: [String: [UInt8]]) { self.modules = modules }

    /// The source of an operation, without the line of its flags.
    static func source(of operation: [UInt8], modules: [String: [UInt8]]) -> String {
        var assembler = ScriptAssembler(modules: modules)
        assembler.append(operation)
        return assembler.lines.joined(separator: "\n")
    }

    private mutating func append(_ file: [UInt8]) {
        var constants: [String: String] = [:]
        for line in String(decoding: file, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) {
            if let names = Self.names(in: line, behind: "include") {
                let before = included
                for name in names where included.insert(name).inserted { include(name) }
                if line.first == " " { included = before }
            } else if let names = Self.names(in: line, behind: "constants") {
                for name in names where name != Self.channel { Self.define(name, in: &constants) }
            } else {
                let code = Self.code(of: line, with: constants)
                if !code.isEmpty || line.isEmpty { lines.append(code) }
            }
        }
    }

    private mutating func include(_ name: String) {
        guard let module = modules[name] else { preconditionFailure("no script has the module \(name)") }
        append(module)
    }

    private static func define(_ name: String, in constants: inout [String: String]) {
        let parts = name.split(separator: "=").map { trimmed($0) }
        guard let value = parts.count == 2 ? parts[1] : LuaConstants.all[name] else {
            preconditionFailure("the contract has no \(name)")
        }
        constants[parts[0]] = value
    }

    /// A line without its comment, and with the values of constants outside its texts.
    private static func code(of line: Substring, with constants: [String: String]) -> String {
        var result = ""
        var remaining = line
        while let first = remaining.first, !remaining.hasPrefix("--") {
            let word = remaining.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            if !word.isEmpty {
                result += constants[String(word)] ?? String(word)
                remaining = remaining.dropFirst(word.count)
            } else if first == "'" {
                let text = remaining.dropFirst().prefix { $0 != "'" }
                result += "'\(text)'"
                remaining = remaining.dropFirst(text.count + 2)
            } else {
                result.append(first)
                remaining = remaining.dropFirst()
            }
        }
        while result.last == " " { result.removeLast() }
        return result
    }

    /// The channel of notifications, which differs by connection; see `Scripts.constants`.
    static let channel = "CHANGED"

    /// The names in a line `--- word: name, name`; nil for another line.
    static func names(in line: Substring, behind word: String) -> [String]? {
        let words = line.drop { $0 == " " }
        let beginning = "--- \(word): "
        guard words.hasPrefix(beginning) else { return nil }
        return words.dropFirst(beginning.count).split(separator: ",").map { trimmed($0) }
    }

    private static func trimmed(_ text: Substring) -> String {
        text.split(separator: " ").joined(separator: " ")
    }
}
