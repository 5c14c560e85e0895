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
            let (item, state) = try itemAndState(at: server)
            try confirm("This gives up a place for \(item) (now \(state)) for good.", expected: item)
        }
        return try send(server.request("DELETE", ticketPath), to: server, done: "cancelled")
    }

    func itemAndState(at server: Server) throws(Failure) -> (item: String, state: String) {
        let ticket = try server.call(server.request("GET", ticketPath)).json
        guard let item = ticket?["item"]?.string else {
            throw Failure(
                .failed, "the server did not say which item the ticket is for", hint: "--yes skips the question")
        }
        return (item, ticket?["state"]?.cell ?? "unknown")
    }

    func payTicket() throws(Failure) -> ExitCode {
        let (paid, failed) = (invocation.text("paid"), invocation.text("failed"))
        guard let reference = paid ?? failed, paid == nil || failed == nil else {
            throw Failure(
                .usage, "a payment was made or failed", hint: "sluice ticket pay TICKET --paid REF or --failed REF")
        }
        let body: [String: JSONValue] = [
            "outcome": .string(paid == nil ? "failed" : "paid"), "reference": .string(reference),
        ]
        return try report("payment", .object(body), done: paid == nil ? "payment failed: still reserved" : "sold")
    }

    func refundTicket() throws(Failure) -> ExitCode {
        let keepsUnit = invocation.has("keep-unit")
        if !isDryRun, !invocation.has("yes") {
            let (item, state) = try itemAndState(at: try open())
            let units = keepsUnit ? "Its units stay sold." : "Its units go to the next in line."
            try confirm(
                "This notes that a purchase of \(item) (now \(state)) was paid back, for good. \(units)",
                expected: item)
        }
        let body: [String: JSONValue] = [
            "reference": .string(invocation.text("reference") ?? ""), "return_unit": .bool(!keepsUnit),
        ]
        return try report("refund", .object(body), done: "refunded")
    }

    func report(_ what: String, _ body: JSONValue, done: String) throws(Failure) -> ExitCode {
        let server = try admin()
        var request = server.request("POST", "/admin\(ticketPath)/\(what)", body: body)
        request.key = Request.freshKey()
        return try send(request, to: server, done: done)
    }
}
