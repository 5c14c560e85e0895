import Base
import FoundationEssentials
import Operations

extension CommandRunner {
    private static let pagesAtMost = 10_000

    func listItems() throws(Failure) -> Reading? {
        let server = try admin()
        if isDryRun {
            console.print(server.request("GET", "/admin/v1/items").lines)
            return nil
        }
        let (all, note) = try Self.itemsAndAge(server)
        let (items, hidden) = invocation.has("all") ? (all, 0) : Rehearsals.without(all)
        return Reading(
            lines: note + ItemTable.lines(items) + (hidden == 0 ? [] : [Rehearsals.note(hidden)]),
            json: .object(["items": .array(all)]))
    }

    /// Every page of the list, in the server's order.
    static func allItems(_ server: Server) throws(Failure) -> [JSONValue] { try itemsAndAge(server).items }

    /// The same, and a note where they are what was known last.
    private static func itemsAndAge(_ server: Server) throws(Failure) -> (items: [JSONValue], note: [String]) {
        var items: [JSONValue] = []
        var note: [String] = []
        var path = "/admin/v1/items"
        for _ in 0..<pagesAtMost {
            let request = server.request("GET", path)
            guard let page = try server.call(request).json, let entries = page["items"]?.array ?? page.array else {
                throw Failure(
                    .failed, "\(request.url) did not answer with a list of items", hint: "is it an admin server?")
            }
            items += entries
            note = staleNote(page)
            guard let cursor = page["next_cursor"]?.string ?? page["next"]?.string else { return (items, note) }
            path = "/admin/v1/items?cursor=\(pathSegment(cursor))"
        }
        throw Failure(.failed, "the list of items does not end")
    }

    func showItem() throws(Failure) -> Reading? {
        let server = try admin()
        guard let response = try answers([(server, server.request("GET", itemPath()))])?.first else { return nil }
        return Reading(lines: FieldList.lines(response.json, hiding: ["server_time"]), json: response.json ?? .null)
    }

    func putItem() throws(Failure) -> ExitCode {
        let server = try admin()
        var fields: [String: JSONValue] = [:]
        for (flag, field) in [("stock", "stock"), ("queue-limit", "queue_limit"), ("weight", "weight")] {
            if let value = invocation.integer(flag) { fields[field] = .integer(value) }
        }
        for (flag, field) in [("per-user-limit", "per_user_limit"), ("per-user-units", "per_user_units")] {
            if let text = invocation.text(flag) { fields[field] = Int64(text).map { .integer($0) } ?? .null }
        }
        for (flag, field) in [("opens-at", "opens_at"), ("closes-at", "closes_at"), ("on-sold-out", "on_sold_out")] {
            if let text = invocation.text(flag) { fields[field] = text == "none" ? .null : .string(text) }
        }
        for option in Catalogue.payTimes {
            guard let time = invocation.given(option) else { continue }
            fields[option.declaration.name.replacing("-", with: "_") + "_ms"] = .integer(time.wholeMilliseconds)
        }
        guard !fields.isEmpty else {
            throw Failure(.usage, "nothing to put", hint: "sluice item put NAME --stock N makes an item")
        }
        if let stock = invocation.integer("stock"), !isDryRun, !invocation.has("yes") {
            try confirmLowering(to: stock, at: server)
        }
        if let text = invocation.text("closes-at"), let time = RFC3339.parse(text), time <= Self.now, !isDryRun {
            try confirm("\(text) is past: this closes \(name) at once.", expected: name)
        }
        let path = itemPath(invocation.has("as-new") ? "?as_new=true" : "")
        return try send(server.request("PUT", path, body: .object(fields)), to: server, done: "put \(name)")
    }

    private static var now: WallInstant {
        WallInstant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
    }

    private func confirmLowering(to stock: Int64, at server: Server) throws(Failure) {
        let request = server.request("GET", itemPath())
        let response = try server.answer(to: request)
        if response.status == 404 { return }
        guard response.status == 200, let item = response.json else { throw Server.failure(response, request) }
        guard let total = item["stock_total"]?.integer, stock < total else { return }
        try confirm("This lowers the stock of \(name) from \(total) to \(stock).", expected: name)
    }

    func changeItem(_ verb: String, body: JSONValue? = nil, done: String) throws(Failure) -> ExitCode {
        let server = try admin()
        var request = server.request("POST", itemPath("/\(verb)"), body: body)
        request.key = Request.freshKey()
        return try send(request, to: server, done: "\(done) \(name)")
    }

    func closeItem() throws(Failure) -> ExitCode {
        if !isDryRun {
            try confirm("This ends the intake of \(name) for good; who waits is still served.", expected: name)
        }
        return try changeItem("close", done: "closed")
    }

    /// Shows what was compared when the item was frozen, requires a confirmation, and lets the item go on.
    func thawItem() throws(Failure) -> ExitCode {
        let server = try admin()
        if !isDryRun {
            let item = try server.call(server.request("GET", itemPath())).json
            guard item?["frozen"]?.bool == true else {
                throw Failure(.failed, "\(name) is not frozen: nothing was changed")
            }
            try confirm(
                "\(name) was frozen, because the store came back with less than it had acknowledged.\n"
                    + Self.comparison(item?["frozen_by"])
                    + "Stock that lost purchases had taken is sold again unless you lower it first (sluice item put).",
                expected: name)
        }
        var request = server.request("POST", itemPath("/thaw"))
        request.key = Request.freshKey()
        return try send(request, to: server, done: "thawed \(name)")
    }

    private static func comparison(_ freeze: JSONValue?) -> String {
        guard let seen = freeze?["seen_version"]?.integer, let kept = freeze?["kept_version"]?.integer,
            let lost = freeze?["sequences_lost"]?.integer
        else { return "What was compared was not written down.\n" }
        return "A process saw version \(seen); the store has \(kept) of that life: \(max(0, seen - kept)) writes and"
            + " \(lost) purchases are missing.\n"
    }

    func restockItem() throws(Failure) -> ExitCode {
        try changeItem(
            "restock", body: .object(["units": .integer(invocation.integer("units") ?? 0)]), done: "restocked")
    }
}
