/// The item to try things with: made once, never changed afterwards, and how to buy and to poll it.
struct Demo: Sendable {
    static let stock: Int64 = 100
    let publicURL: String
    let adminURL: String
    let token: String?

    /// Makes the item unless it is there, and prints the curl lines. Blocks for the calls.
    func run() {
        do throws(Failure) {
            try make(CurlTransport())
            writeAll(1, Self.lines(publicURL).joined(separator: "\n") + "\n")
        } catch {
            writeAll(2, error.lines.joined(separator: "\n") + "\n")
        }
    }

    /// - Throws: when the item is neither there nor could be made.
    func make(_ transport: any Transport) throws(Failure) {
        let server = Server(address: adminURL, token: token, transport: transport)
        if try server.answer(to: server.request("GET", "/admin/v1/items/demo")).status == 200 { return }
        let body = JSONValue.object(["stock": .integer(Self.stock)])
        _ = try server.call(server.request("PUT", "/admin/v1/items/demo", body: body))
    }

    static func lines(_ url: String) -> [String] {
        let buy = "-X POST \(url)/v1/items/demo/purchases -H 'Content-Type: application/json' -d '{\"user\":\"alice\"}'"
        return [
            "", "Buy one of 100 (the same user again gets the same ticket):",
            "curl -i \(buy)",
            "", "Poll that ticket:",
            "curl -s \"\(url)/v1/tickets/$(curl -s \(buy) | sed 's/.*\"ticket\" *: *\"\\([^\"]*\\)\".*/\\1/')\"",
            "", "See the item:",
            "curl -s \(url)/v1/items/demo",
            "", "Ctrl-C stops everything; the data stays.",
        ]
    }
}
