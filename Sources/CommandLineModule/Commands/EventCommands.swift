extension CommandRunner {
    /// Seconds that the server waits for an event before it answers with none.
    private static let wait = 5
    private static let page = 1_000

    /// Prints every event behind the one that is named, page after page; with `--follow` for ever.
    func listEvents() throws(Failure) -> ExitCode {
        let server = try admin()
        var last = invocation.text("after")
        while true {
            let request = server.request("GET", eventsPath(after: last))
            if isDryRun {
                console.print(request.lines)
                return .done
            }
            guard let events = try server.call(request).json?.array else {
                throw Failure(.failed, "the server did not answer with events", hint: "is it of an older release?")
            }
            for event in events {
                console.print(event.text)
                last = event["id"]?.string ?? last
            }
            guard events.count == Self.page || invocation.has("follow") else { return .done }
        }
    }

    private func eventsPath(after last: String?) -> String {
        var parts = ["limit=\(Self.page)"]
        if let item = invocation.text("item") { parts.append("item=\(pathSegment(item))") }
        if let last { parts.append("after=\(pathSegment(last))") }
        if invocation.has("follow") { parts.append("wait=\(Self.wait)") }
        return "/admin/v1/events?" + parts.joined(separator: "&")
    }
}
