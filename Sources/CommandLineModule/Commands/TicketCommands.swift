extension CommandRunner {
    private var ticketPath: String { "/v1/tickets/\(pathSegment(name))" }

    func showTicket() throws(Failure) -> Reading? {
        let server = try open()
        guard let response = try answers([(server, server.request("GET", ticketPath))])?.first else { return nil }
        return Reading(
            lines: FieldList.lines(response.json, hiding: ["ticket", "poll_after_ms"]), json: response.json ?? .null)
    }

    func cancelTicket() throws(Failure) -> ExitCode {
        let server = try open()
        if !isDryRun, !invocation.has("yes") {
            let ticket = try server.call(server.request("GET", ticketPath)).json
            guard let item = ticket?["item"]?.string else {
                throw Failure(
                    .failed, "the server did not say which item the ticket is for", hint: "--yes skips the question")
            }
            let state = ticket?["state"]?.cell ?? "unknown"
            try confirm("This gives up a place for \(item) (now \(state)) for good.", expected: item)
        }
        return try send(server.request("DELETE", ticketPath), to: server, done: "cancelled")
    }
}
