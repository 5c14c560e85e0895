extension CommandRunner {
    private static let pagesAtMost = 10_000

    func itemDoubts() throws(Failure) -> Reading? {
        let server = try admin()
        if isDryRun {
            console.print(server.request("GET", itemPath("/doubts")).lines)
            return nil
        }
        return reading(of: try doubts(of: name, server))
    }

    func allDoubts() throws(Failure) -> Reading? {
        let server = try admin()
        if isDryRun {
            console.print(server.request("GET", "/admin/v1/doubts").lines)
            return nil
        }
        var found: [JSONValue] = []
        for item in try pages("/admin/v1/doubts", of: "items", server) {
            guard let name = item["item"]?.string else { continue }
            found += try doubts(of: name, server)
        }
        return reading(of: found)
    }

    private func doubts(of item: String, _ server: Server) throws(Failure) -> [JSONValue] {
        try pages("/admin/v1/items/\(pathSegment(item))/doubts", of: "doubts", server)
    }

    /// All of a list that comes in pages.
    private func pages(_ path: String, of field: String, _ server: Server) throws(Failure) -> [JSONValue] {
        var (found, target) = ([] as [JSONValue], path)
        for _ in 0..<Self.pagesAtMost {
            let request = server.request("GET", target)
            guard let page = try server.call(request).json, let entries = page[field]?.array else {
                throw Failure(.failed, "\(request.url) did not answer with a list", hint: "is it an admin server?")
            }
            found += entries
            guard let cursor = page["next_cursor"]?.string else { return found }
            target = "\(path)?after=\(pathSegment(cursor))"
        }
        throw Failure(.failed, "the list of doubts does not end")
    }

    private func reading(of doubts: [JSONValue]) -> Reading {
        Reading(lines: DoubtTable.lines(doubts), json: .object(["doubts": .array(doubts)]))
    }

    func settleTicket() throws(Failure) -> ExitCode {
        let order = invocation.text("confirmed")
        guard (order == nil) == invocation.has("refused") else {
            throw Failure(
                .usage, "an order exists, or it does not",
                hint: "sluice ticket settle TICKET --confirmed ORDER or --refused")
        }
        if !isDryRun, !invocation.has("yes") {
            let (item, state) = try itemAndState(at: try open())
            let units = order == nil ? "there is none: its units go to the next in line." : "it exists: \(order ?? "")."
            try confirm(
                "This says of the order of a purchase of \(item) (now \(state)), for good, that \(units)",
                expected: item)
        }
        var body: [String: JSONValue] = ["outcome": .string(order == nil ? "refused" : "confirmed")]
        if let order { body["order"] = .string(order) }
        if let reason = invocation.text("reason") { body["reason"] = .string(reason) }
        return try report("settle", .object(body), done: order == nil ? "settled: rejected" : "settled: confirmed")
    }
}
