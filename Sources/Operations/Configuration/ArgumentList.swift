/// The command line in parts: the text that each flag was given, and what is wrong.
struct ArgumentList {
    private(set) var values: [String: String] = [:]
    private(set) var problems: [ConfigurationProblem] = []

    /// Reads `arguments` by the flags of `schema`: `--name value`, `--name=value`, and `--name` alone for a toggle.
    init(_ arguments: [String], schema: ConfigurationSchema) {
        var forms: [String: OptionDeclaration.Form] = [:]
        for option in schema.allOptions {
            for name in option.names { forms[name] = option.form }
        }
        var unread = arguments[...]
        var words: [String] = []
        while let argument = unread.popFirst() {
            if argument == "--" {
                words += unread
                break
            }
            guard argument.hasPrefix("-"), argument != "-" else {
                words.append(argument)
                continue
            }
            let (name, given) = Self.split(argument)
            guard argument.hasPrefix("--") || argument == "-h", let form = forms[name] else {
                reportUnknown(argument.hasPrefix("--") ? name : nil, argument, schema)
                if given == nil, let next = unread.first, !next.hasPrefix("-") { unread.removeFirst() }
                continue
            }
            var value = given
            if value == nil, form == .toggle { value = "true" }
            if value == nil, let next = unread.first, !next.hasPrefix("--") { value = unread.removeFirst() }
            store(name, value, form)
        }
        problems += words.map { ConfigurationProblem(quoted($0), "nothing is expected here") }
    }

    private static func split(_ argument: String) -> (name: String, value: String?) {
        if argument == "-h" { return ("help", nil) }
        let body = argument.dropFirst(2)
        guard let equals = body.firstIndex(of: "=") else { return (String(body), nil) }
        return (String(body[..<equals]), String(body[body.index(after: equals)...]))
    }

    private mutating func store(_ name: String, _ value: String?, _ form: OptionDeclaration.Form) {
        let flag = OptionDeclaration.flag(name)
        guard let value else {
            problems.append(ConfigurationProblem(flag, "needs a value"))
            return
        }
        if form == .list, let before = values[name] {
            values[name] = "\(before),\(value)"
            return
        }
        guard values[name] == nil else {
            problems.append(ConfigurationProblem(flag, "is given twice"))
            return
        }
        values[name] = value
    }

    /// `name` is nil for a flag with one dash, of which there is none but `-h`. The value given is not shown.
    private mutating func reportUnknown(_ name: String?, _ argument: String, _ schema: ConfigurationSchema) {
        guard let name else {
            problems.append(
                ConfigurationProblem(quoted(String(argument.prefix(2))), "unknown flag; flags begin with --"))
            return
        }
        let flag = quoted(OptionDeclaration.flag(name))
        if KnownOptions.all.contains(where: { $0.names.contains(name) }) {
            problems.append(ConfigurationProblem(flag, "is not a flag of \(schema.program), but of another program"))
            return
        }
        let hint = nearest(to: name, among: schema.allOptions.flatMap(\.names))
        problems.append(ConfigurationProblem(flag, "unknown flag" + (hint.map { "; did you mean --\($0)?" } ?? "")))
    }
}
