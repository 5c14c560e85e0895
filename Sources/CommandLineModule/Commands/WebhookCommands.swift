extension CommandRunner {
    private static let webhooks = "/admin/v1/webhooks"
    private static let pagesAtMost = 200
    private static let columns = [
        ("WEBHOOK", "name"), ("STATE", "state"), ("PENDING", "pending"), ("DEAD", "dead"), ("URL", "url"),
        ("WHY", "reason"),
    ]
    private static let letterColumns = [
        ("EVENT", "id"), ("TYPE", "type"), ("ITEM", "item"), ("SEQUENCE", "sequence"), ("ATTEMPTS", "attempts"),
        ("WHY", "reason"),
    ]

    private func webhookPath(_ suffix: String = "") -> String { "\(Self.webhooks)/\(pathSegment(name))\(suffix)" }

    private static func lines(_ rows: [JSONValue], _ columns: [(String, String)]) -> [String] {
        var table = Table(columns.map(\.0))
        for row in rows { table.rows.append(columns.map { row[$0.1]?.cell ?? "-" }) }
        return table.lines
    }

    func listWebhooks() throws(Failure) -> Reading? {
        let server = try admin()
        guard let response = try answers([(server, server.request("GET", Self.webhooks))])?.first else { return nil }
        let found = response.json?["webhooks"]?.array ?? []
        let none = ["no webhooks; make one: sluice webhook put NAME --to URL"]
        return Reading(lines: found.isEmpty ? none : Self.lines(found, Self.columns), json: response.json ?? .null)
    }

    func showWebhook() throws(Failure) -> Reading? {
        let server = try admin()
        guard let response = try answers([(server, server.request("GET", webhookPath()))])?.first else { return nil }
        return Reading(lines: FieldList.lines(response.json), json: response.json ?? .null)
    }

    func putWebhook() throws(Failure) -> ExitCode {
        var fields: [String: JSONValue] = [:]
        if let url = invocation.text("to") { fields["url"] = .string(url) }
        for flag in ["types", "items"] {
            guard let text = invocation.text(flag) else { continue }
            let names = text == "all" ? [] : text.split(separator: ",").map { JSONValue.string(String($0)) }
            fields[flag] = .array(names)
        }
        let (enables, disables) = (invocation.has("enable"), invocation.has("disable"))
        if enables || disables { fields["disabled"] = .bool(disables) }
        guard !fields.isEmpty, !(enables && disables) else {
            throw Failure(
                .usage, "nothing to put, or both --enable and --disable",
                hint: "sluice webhook put NAME --to URL makes a webhook")
        }
        let server = try admin()
        return try send(
            server.request("PUT", webhookPath(), body: .object(fields)), to: server, done: "put \(name)",
            show: showSecret)
    }

    func rotateWebhook() throws(Failure) -> ExitCode {
        let server = try admin()
        var request = server.request("POST", webhookPath("/rotate"))
        request.key = Request.freshKey()
        return try send(
            request, to: server, done: "rotated \(name): the former secret signs too for 24 hours", show: showSecret)
    }

    /// Prints a secret that the answer hands out, which no other answer shows again.
    private func showSecret(_ answer: JSONValue) {
        guard let secret = answer["secret"]?.string else { return }
        console.print("secret (shown now and never again): \(printable(secret))")
    }

    func deleteWebhook() throws(Failure) -> ExitCode {
        if !isDryRun {
            try confirm(
                "This forgets \(name) with all that it has not delivered, and its dead letters.", expected: name)
        }
        let server = try admin()
        return try send(server.request("DELETE", webhookPath()), to: server, done: "deleted \(name)")
    }

    func listDeliveries() throws(Failure) -> Reading? {
        let server = try admin()
        let state = invocation.has("dead") ? "dead" : "pending"
        var found: [JSONValue] = []
        var cursor = ""
        for _ in 0..<Self.pagesAtMost {
            let request = server.request("GET", webhookPath("/deliveries?state=\(state)\(cursor)"))
            guard let page = try answers([(server, request)])?.first?.json else { return nil }
            found += page["deliveries"]?.array ?? []
            guard let next = page["next_cursor"]?.string else {
                let none = [state == "dead" ? "no dead letters" : "nothing is pending"]
                return Reading(
                    lines: found.isEmpty ? none : Self.lines(found, Self.letterColumns),
                    json: .object(["deliveries": .array(found)]))
            }
            cursor = "&cursor=\(pathSegment(next))"
        }
        throw Failure(.failed, "the list of deliveries does not end")
    }

    func replayWebhook() throws(Failure) -> ExitCode {
        let (after, isDead, isAll) = (invocation.text("after"), invocation.has("dead"), invocation.has("all"))
        guard [after != nil, isDead, isAll].count(where: { $0 }) == 1 else {
            throw Failure(
                .usage, "what is to be sent again?", hint: "--after EVENT, --all that the feed has, or --dead letters")
        }
        let body: JSONValue =
            isDead ? .object(["dead": .bool(true)]) : .object(["after": after.map { .string($0) } ?? .null])
        let server = try admin()
        return try send(
            server.request("POST", webhookPath("/replay"), body: body), to: server, done: "will be sent again")
    }
}
