extension CommandRunner {
    private static let settingsPath = "/admin/v1/settings"
    /// Flags and the fields that they set; `none` is null, which means no bound.
    private static let settings = [("poll-budget-per-second", "poll_budget_per_second")]

    func showSettings() throws(Failure) -> Reading? {
        let server = try admin()
        guard let response = try answers([(server, server.request("GET", Self.settingsPath))])?.first else {
            return nil
        }
        return Reading(lines: FieldList.lines(response.json), json: response.json ?? .null)
    }

    func putSettings() throws(Failure) -> ExitCode {
        var fields: [String: JSONValue] = [:]
        for (flag, field) in Self.settings {
            if let text = invocation.text(flag) { fields[field] = Int64(text).map { .integer($0) } ?? .null }
        }
        guard !fields.isEmpty else {
            throw Failure(
                .usage, "nothing to put", hint: "sluice settings put --poll-budget-per-second N bounds the polls")
        }
        let server = try admin()
        let request = server.request("PUT", Self.settingsPath, body: .object(fields))
        guard let response = try answers([(server, request)])?.first else { return .done }
        if wantsJSON {
            console.print(response.json?.text ?? "{}")
        } else {
            console.print(["put settings"] + FieldList.lines(response.json))
        }
        return .done
    }
}
