extension CommandRunner {
    private static let rowsAtOnce = 10_000
    private static let columns = [
        ("SEQUENCE", "sequence"), ("USER", "user"), ("QUANTITY", "quantity"), ("STATE", "state"), ("ORDER", "order"),
        ("REFERENCE", "reference"), ("ADMITTED", "admitted_at"), ("REASON", "reason"),
    ]

    // MARK: Who bought

    /// Prints an item's purchases: one page as a table, or all of them as CSV or NDJSON, part after part.
    func itemPurchases() throws(Failure) -> ExitCode {
        let format = wantsJSON ? "ndjson" : invocation.text("format") ?? "table"
        var filter = ["state", "user"].compactMap { name in
            invocation.text(name).map { "\(name)=\(pathSegment($0))" }
        }
        if invocation.has("tickets") { filter.append("tickets=true") }
        return format == "table" ? try showPurchases(filter) : try copyPurchases(filter, isCSV: format == "csv")
    }

    private func purchases(_ server: Server, _ query: [String]) -> Request {
        server.request("GET", itemPath("/purchases" + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))))
    }

    private func showPurchases(_ filter: [String]) throws(Failure) -> ExitCode {
        let server = try admin()
        guard let page = try answers([(server, purchases(server, filter))])?.first?.json else { return .done }
        let rows = page["purchases"]?.array ?? []
        console.print(rows.isEmpty ? ["no such purchases"] : Self.table(rows, columns: Self.columns))
        if page["next"]?.string != nil {
            console.print("the first \(rows.count); all of them: --format csv or --format ndjson")
        }
        return .done
    }

    private static func table(_ rows: [JSONValue], columns: [(String, String)]) -> [String] {
        var table = Table(columns.map(\.0))
        for row in rows { table.rows.append(columns.map { row[$0.1]?.cell ?? "-" }) }
        return table.lines
    }

    private func copyPurchases(_ filter: [String], isCSV: Bool) throws(Failure) -> ExitCode {
        let server = try admin()
        var after = "0"
        while true {
            var request = purchases(server, filter + ["after=\(after)", "limit=\(Self.rowsAtOnce)"])
            request.accept = isCSV ? "text/csv" : "application/x-ndjson"
            guard let response = try answers([(server, request)])?.first else { return .done }
            let text = String(decoding: response.bytes, as: UTF8.self)
            var lines = text.split(separator: isCSV ? "\r\n" : "\n", omittingEmptySubsequences: true)
            if isCSV, after != "0" { lines = Array(lines.dropFirst()) }
            for line in lines { console.print(String(line)) }
            let rows = lines.count - (isCSV && after == "0" ? 1 : 0)
            guard rows >= Self.rowsAtOnce, let last = lines.last, let sequence = Self.sequence(of: last, isCSV: isCSV)
            else { return .done }
            after = sequence
        }
    }

    private static func sequence(of line: Substring, isCSV: Bool) -> String? {
        if isCSV { return line.split(separator: ",").first.flatMap { Int64($0) }.map { "\($0)" } }
        return JSONValue(parsing: Array(line.utf8))?["sequence"]?.integer.map { "\($0)" }
    }

    func showUser() throws(Failure) -> Reading? {
        let server = try admin()
        let path = "/admin/v1/users/\(pathSegment(name))"
        var (rows, seen, after) = ([JSONValue](), Set<String>(), "")
        repeat {
            let request = server.request("GET", path + (after.isEmpty ? "" : "?after=\(after)"))
            guard let page = try answers([(server, request)])?.first?.json else { return nil }
            // An item may be on two pages, when items are made meanwhile.
            for row in page["purchases"]?.array ?? [] {
                if seen.insert("\(row["item"]?.cell ?? "") \(row["sequence"]?.cell ?? "")").inserted {
                    rows.append(row)
                }
            }
            after = page["next"]?.string ?? ""
        } while !after.isEmpty
        let columns = [("ITEM", "item")] + Self.columns.filter { $0.1 != "user" }
        let lines =
            rows.isEmpty ? ["\(printable(name)) has no purchase of any item"] : Self.table(rows, columns: columns)
        return Reading(lines: lines, json: .object(["user": .string(name), "purchases": .array(rows)]))
    }

    // MARK: The end of an item

    func archiveItem() throws(Failure) -> ExitCode {
        let server = try admin()
        var request = server.request("POST", itemPath("/archive"))
        request.timeoutMilliseconds = Request.longTimeoutMilliseconds
        if isDryRun {
            console.print(request.lines)
            return .done
        }
        let manifest = try server.call(request).json
        if wantsJSON {
            console.print(manifest?.text ?? "{}")
            return .done
        }
        func cell(_ name: String) -> String { manifest?[name]?.cell ?? "-" }
        console.print("archived \(name): \(cell("purchases")) purchases in \(cell("file")) (sha256 \(cell("sha256")))")
        if let missing = manifest?["missing"]?.integer, missing > 0 {
            console.print("\(missing) purchases have no row: an earlier release did not keep them, or they were lost")
        }
        return .done
    }

    func deleteItem() throws(Failure) -> ExitCode {
        let server = try admin()
        let isForced = invocation.has("force")
        if !isDryRun, !invocation.has("yes") {
            let item = try server.call(server.request("GET", itemPath())).json
            func number(_ field: String) -> Int64 { item?[field]?.integer ?? 0 }
            var words = ["This deletes \(name) for good, with all its purchases (\(number("sold")) units are sold)."]
            if isForced {
                words.append("\(number("waiting")) purchases wait and \(number("held")) units are held: they are lost.")
                words.append("Without an archive of what it is now nobody can see who bought it.")
            }
            words.append("Its tickets are unknown afterwards.")
            try confirm(words.joined(separator: "\n"), expected: name)
        }
        var request = server.request("DELETE", itemPath(isForced ? "?force=true" : ""))
        request.timeoutMilliseconds = Request.longTimeoutMilliseconds
        return try send(request, to: server, done: "deleted \(name)")
    }
}
