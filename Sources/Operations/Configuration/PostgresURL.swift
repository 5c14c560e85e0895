extension OptionKind where Value == Secret<String> {
    /// The URL of a PostgreSQL by its scheme, on one line; libpq reads the other parts. Its passwords are never shown.
    public static var postgresURL: OptionKind {
        OptionKind(
            "URL", form: .secret,
            parse: { text throws(BadValue) in
                let lines = text.split(whereSeparator: \.isNewline).map(trimmed).filter { !$0.isEmpty }
                let schemes = ["postgresql://", "postgres://"]
                guard lines.count == 1, schemes.contains(where: lines[0].hasPrefix), lines[0].utf8.count <= 1024,
                    lines[0].unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
                else { throw BadValue("postgresql://[user[:password]@][host][:port][/database][?name=value]") }
                return Secret(String(lines[0]))
            }, render: { maskedPostgresURL($0.exposed) })
    }
}

/// The URL with `***` for the password of its authority and for every parameter whose name ends in "password".
func maskedPostgresURL(_ url: String) -> String {
    guard let slashes = url.firstRange(of: "//") else { return "***" }
    let location = url[slashes.upperBound...]
    // libpq finds the user before the first slash, and ignores a question mark there.
    var authority = location.prefix { $0 != "/" }
    var tail = location[authority.endIndex...]
    var user = ""
    if let at = authority.lastIndex(of: "@") {
        user = authority[..<at].firstIndex(of: ":").map { authority[...$0] + "***@" } ?? String(authority[...at])
        authority = authority[authority.index(after: at)...]
    }
    if let question = authority.firstIndex(of: "?") {
        tail = location[question...]
        authority = authority[..<question]
    }
    return url[..<slashes.upperBound] + user + authority + maskedParameters(tail)
}

private func maskedParameters(_ text: Substring) -> String {
    guard let question = text.firstIndex(of: "?") else { return String(text) }
    let parameters = text[text.index(after: question)...].split(separator: "&", omittingEmptySubsequences: false)
    let masked = parameters.map { parameter in
        guard let equals = parameter.firstIndex(of: "="), parameter[..<equals].hasSuffix("password") else {
            return String(parameter)
        }
        return parameter[...equals] + "***"
    }
    return text[...question] + masked.joined(separator: "&")
}
