/// The help text for the commands that begin with `words`: an overview for several, every flag for one.
public func helpText(for words: [String], commands: [Command] = Catalogue.commands) -> String {
    let chosen = commands.filter { $0.words.starts(with: words) }
    if let command = chosen.first(where: { $0.words == words }) ?? (chosen.count == 1 ? chosen[0] : nil) {
        // A noun that is a question itself: its flags, and what else it can do.
        let verbs = chosen.filter { $0.words != command.words }.map { "  sluice \($0.title): \($0.summary)" }
        return ([helpText(for: command)] + (verbs.isEmpty ? [] : [""] + verbs)).joined(separator: "\n")
    }
    var lines = ["usage: sluice \(words.isEmpty ? "NOUN" : words.joined(separator: " ")) VERB [flags]", ""]
    let titles = chosen.map { ([$0.title] + $0.positionals).joined(separator: " ") }
    let width = titles.map(\.count).max() ?? 0
    for (title, command) in zip(titles, chosen) {
        lines.append("  \(title.padded(to: width))  \(command.summary)")
    }
    lines += ["", "sluice help NOUN VERB lists the flags."]
    lines += ["exit: 0 done, 1 failed, 2 usage, 3 a check found a problem, 64 bad configuration"]
    return lines.joined(separator: "\n")
}

private func helpText(for command: Command) -> String {
    let options = command.options.filter { !$0.isHidden }
    let flags = options.map { $0.placeholder.isEmpty ? "--\($0.name)" : "--\($0.name) \($0.placeholder)" }
    let width = flags.map(\.count).max() ?? 0
    let usage = ([command.title] + command.positionals).joined(separator: " ")
    var lines = ["usage: sluice \(usage)\(options.isEmpty ? "" : " [flags]")", "", "  \(command.summary)"]
    if !options.isEmpty { lines.append("") }
    for (flag, option) in zip(flags, options) {
        let environment = option.isInEnvironment ? " [\(option.environmentName)]" : ""
        lines.append("  \(flag.padded(to: width))  \(option.explanation)\(environment)")
    }
    return lines.joined(separator: "\n")
}
