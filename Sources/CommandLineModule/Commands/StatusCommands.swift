extension CommandRunner {
    func listNodes() throws(Failure) -> Look? {
        let server = try admin()
        guard let response = try answers([(server, server.request("GET", "/admin/v1/nodes"))])?.first else {
            return nil
        }
        return Look(lines: NodeTable.lines(Self.nodes(response)), json: response.json ?? .null)
    }

    func status() throws(Failure) -> Look? {
        let (front, back) = (try open(), try admin())
        let readiness = front.request("GET", "/readyz")
        if isDryRun {
            for path in ["/admin/v1/items", "/admin/v1/nodes"] { console.print(back.request("GET", path).lines) }
            console.print(readiness.lines)
            return nil
        }
        let ready = try front.answer(to: readiness)
        let items = try Self.allItems(back)
        let nodes = Self.nodes(try back.call(back.request("GET", "/admin/v1/nodes")))
        let json = JSONValue.object([
            "ready": .bool(ready.status == 200), "readiness": ready.json ?? .null, "items": .array(items),
            "nodes": .array(nodes),
        ])
        let lines =
            Self.readinessLines(ready, address: front.address) + [""] + ItemTable.lines(Rehearsals.without(items).shown)
            + [""]
        return Look(
            lines: lines + NodeTable.lines(nodes), json: json, code: ready.status == 200 ? .done : .problemFound)
    }

    static func nodes(_ response: Response) -> [JSONValue] {
        response.json?["nodes"]?.array ?? response.json?.array ?? []
    }

    /// Ready, or every reason why not.
    static func readinessLines(_ response: Response, address: String) -> [String] {
        if response.status == 200 { return ["ready \(address)"] }
        let reasons = response.json?["reasons"]?.array?.map { printable($0.cell) }
        let detail = response.json?["detail"]?.string.map { [printable($0)] }
        let all = reasons ?? detail ?? ["HTTP \(response.status)"]
        return ["NOT READY \(address)"] + all.map { "  \($0)" }
    }
}
