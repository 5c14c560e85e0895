extension CommandRunner {
    private static let tokens = "/admin/v1/tokens"
    private static let tokenColumns = [
        ("ID", "id"), ("ROLE", "role"), ("ITEMS", "items"), ("EXPIRES", "expires_at"), ("MADE", "created_at"),
        ("BY", "created_by"),
    ]

    func listTokens() throws(Failure) -> Reading? {
        let server = try admin()
        guard let response = try answers([(server, server.request("GET", Self.tokens))])?.first else { return nil }
        var table = Table(Self.tokenColumns.map(\.0))
        for token in response.json?["tokens"]?.array ?? [] {
            table.rows.append(
                Self.tokenColumns.map { _, field in
                    guard field == "items" else { return token[field]?.cell ?? "-" }
                    let names = token[field]?.array?.compactMap(\.string) ?? []
                    return names.isEmpty ? "all" : names.map(printable).joined(separator: ",")
                })
        }
        let none = ["no tokens but the one of the start; make one: sluice token add --role viewer"]
        return Reading(lines: table.rows.isEmpty ? none : table.lines, json: response.json ?? .null)
    }

    func addToken() throws(Failure) -> ExitCode {
        guard let role = invocation.text("role") else {
            throw Failure(.usage, "which role?", hint: "--role viewer, operator or admin")
        }
        var fields: [String: JSONValue] = ["role": .string(role)]
        if let names = invocation.text("items") {
            fields["items"] = .array(names.split(separator: ",").map { .string(String($0)) })
        }
        if let time = invocation.text("expires") { fields["expires_at"] = .string(time) }
        let server = try admin()
        return try send(
            server.request("POST", Self.tokens, body: .object(fields)), to: server, done: "made a token"
        ) { answer in
            guard let id = answer["id"]?.string, let token = answer["token"]?.string else { return }
            console.print("id: \(printable(id))")
            console.print("token (shown now and never again): \(printable(token))")
        }
    }

    func revokeToken() throws(Failure) -> ExitCode {
        let server = try admin()
        return try send(
            server.request("DELETE", "\(Self.tokens)/\(pathSegment(name))"), to: server, done: "revoked \(name)")
    }
}
