extension CommandRunner {
    func listNodes() throws(Failure) -> Reading? {
        let server = try admin()
        guard let response = try answers([(server, server.request("GET", "/admin/v1/nodes"))])?.first else {
            return nil
        }
        return Reading(
            lines: Self.staleNote(response.json) + NodeTable.lines(Self.nodes(response)), json: response.json ?? .null)
    }

    /// A line where an answer is what was known last, because the store is away; else none.
    static func staleNote(_ answer: JSONValue?) -> [String] {
        guard answer?["stale"]?.bool == true else { return [] }
        let seconds = (answer?["age_ms"]?.integer ?? 0) / 1_000
        return ["Redis is away: this is how it was \(seconds) s ago", ""]
    }

    func status() throws(Failure) -> Reading? {
        let (front, back) = (try open(), try admin())
        let readiness = front.request("GET", "/readyz")
        if isDryRun {
            for path in ["/admin/v1/health", "/admin/v1/items", "/admin/v1/nodes"] {
                console.print(back.request("GET", path).lines)
            }
            console.print(readiness.lines)
            return nil
        }
        var state = StatusState(address: front.address)
        do throws(Failure) {
            state.readiness = try front.answer(to: readiness)
        } catch {
            state.silence = error.problems.joined(separator: "; ")
        }
        do throws(Failure) {
            state.health = HealthAnswer(try back.answer(to: back.request("GET", "/admin/v1/health")))
            state.nodes = Self.nodes(try back.call(back.request("GET", "/admin/v1/nodes")))
            state.items = try Self.allItems(back)
        } catch {
            // What is known by now is worth more than the missing answer, where it has the cause.
            guard state.health?.isBad == true || (state.readiness.map { $0.status != 200 } ?? false) else {
                throw error.withoutHintAtStatus
            }
            state.gap = error.problems.joined(separator: "; ")
        }
        return state.reading
    }

    static func nodes(_ response: Response) -> [JSONValue] {
        response.json?["nodes"]?.array ?? response.json?.array ?? []
    }
}

/// What is wrong by the server's own judgement, worst first.
struct HealthAnswer: Equatable {
    struct Trouble: Equatable {
        let isProblem: Bool
        let code: String
        let text: String
        let remedy: String?
    }

    let troubles: [Trouble]
    let json: JSONValue?

    /// Empty where the server has no such judgement: it is of an earlier release.
    init(_ response: Response) {
        json = response.status == 200 ? response.json : nil
        troubles =
            json?["troubles"]?.array?.map { trouble in
                Trouble(
                    isProblem: trouble["severity"]?.string != "warning", code: trouble["code"]?.string ?? "unknown",
                    text: trouble["text"]?.string ?? trouble.text, remedy: trouble["remedy"]?.string)
            } ?? []
    }

    var isBad: Bool { troubles.contains(where: \.isProblem) }
}

/// What one read of the whole engine found, and the verdict.
struct StatusState {
    let address: String
    var readiness: Response?
    /// Why the public listener gave no answer.
    var silence: String?
    var health: HealthAnswer?
    var nodes: [JSONValue] = []
    var items: [JSONValue]?
    /// Why something is missing here.
    var gap: String?

    init(address: String) { self.address = address }

    var reading: Reading {
        let isReady = readiness?.status == 200
        let isBad = !isReady || health?.isBad == true
        let causes = health?.troubles ?? []
        let cause = causes.first { $0.isProblem }?.text ?? (isReady ? nil : unready.first)
        let json = JSONValue.object([
            "ready": .bool(isReady), "ok": .bool(!isBad), "cause": cause.map { .string($0) } ?? .null,
            "readiness": readiness?.json ?? .null, "troubles": health?.json?["troubles"] ?? .array([]),
            "items": .array(items ?? []), "nodes": .array(nodes),
        ])
        var lines = verdict
        if let gap { lines += ["", "not all could be read: \(printable(gap))"] }
        if let items { lines += [""] + ItemTable.lines(Rehearsals.without(items).shown) }
        lines += [""] + NodeTable.lines(nodes)
        return Reading(lines: lines, json: json, code: isBad ? .problemFound : .done)
    }

    /// The cause in one line, first; then what to do, and what else is wrong.
    private var verdict: [String] {
        let troubles = health?.troubles ?? []
        let problems = troubles.filter(\.isProblem)
        var lines: [String] = []
        for (index, problem) in problems.enumerated() {
            lines.append("\(index == 0 ? "PROBLEM" : "also")  \(printable(problem.text))")
            if let remedy = problem.remedy { lines.append("  → \(printable(remedy))") }
        }
        if readiness?.status != 200 {
            // The server's own judgement has the reason already.
            lines += problems.isEmpty ? ["NOT READY \(address)"] + unready.map { "  \($0)" } : ["NOT READY \(address)"]
        } else if problems.isEmpty {
            lines.append("ready \(address)")
        }
        for warning in troubles where !warning.isProblem { lines.append("warning  \(printable(warning.text))") }
        return lines
    }

    /// Every reason why buyers aren't served.
    private var unready: [String] {
        guard let readiness else { return [printable(silence ?? "no answer")] }
        let reasons = readiness.json?["reasons"]?.array?.map { printable($0.cell) }
        let detail = readiness.json?["detail"]?.string.map { [printable($0)] }
        return reasons ?? detail ?? ["HTTP \(readiness.status)"]
    }
}

extension Failure {
    /// The same without the advice to run `sluice status`: that is the command itself.
    fileprivate var withoutHintAtStatus: Failure {
        guard let hint, hint.contains("sluice status") else { return self }
        return Failure(code, problems, hint: nil)
    }
}
