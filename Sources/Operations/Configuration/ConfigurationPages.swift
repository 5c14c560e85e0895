extension ConfigurationSchema {
    /// What `--help` prints.
    func helpPage(cores: Int) -> String {
        var page = "\(program) \(version): \(summary)\n\n"
        page += "usage: \(program) [--name value | --name=value]...\n"
        page += "A flag beats the environment, which beats the file, which beats the default.\n\n"
        for option in allOptions {
            page += "  --\(option.name)" + (option.form == .toggle ? "" : " \(option.placeholder)") + "\n"
            page += "      \(option.help)\n"
            let notes = notes(on: option, cores: cores)
            if !notes.isEmpty { page += "      \(notes)\n" }
        }
        return page
    }

    private func notes(on option: OptionDeclaration, cores: Int) -> String {
        var notes: [String] = []
        if option.scope == .everywhere { notes.append(OptionDeclaration.environmentName(option.name)) }
        if option.form == .secret {
            notes.append(
                "or a file: --\(option.name)-file, \(OptionDeclaration.environmentName(option.name + "-file"))")
        }
        if required.contains(option.name) { notes.append("required") }
        if let bounds = option.bounds { notes.append("\(bounds.lowerBound) to \(bounds.upperBound)") }
        switch option.fallback {
        case .none: break
        case .text(let text): if option.scope == .everywhere { notes.append("default \(text)") }
        case .cores: notes.append("default: the cores of the machine (\(cores))")
        }
        return notes.joined(separator: "; ")
    }

    /// What `--check-config` prints: name = value, and where it came from; secrets masked.
    func effectivePage(_ values: ConfigurationValues) -> String {
        var page = ""
        for option in allOptions where option.scope == .everywhere {
            let name = OptionDeclaration.fileKey(option.name)
            if let entry = values.entries[option.name] {
                page += "\(name) = \(quotedLine(entry.shown))  # \(entry.source)\n"
            } else {
                page += "# \(name) is not set\n"
            }
        }
        return page
    }

    private func quotedLine(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : Character($0) })
    }
}
