/// One whole run: find or start the server, make the item, let the crowd in, judge, clean up.
struct RushRun {
    private let options: RushOptions
    private let poller: Poller
    private let interrupts: Interrupts
    /// For people; with `--json` standard output stays free for the verdict.
    private let output: Output

    init(_ options: RushOptions) throws(Trouble) {
        self.options = options
        output = options.isJSON ? .error : .standard
        do {
            poller = try Poller()
            interrupts = try Interrupts(on: poller)
        } catch { throw Trouble("\(error)") }
        raiseDescriptorLimit()
    }

    func perform() throws(Trouble) -> ExitCode {
        let server = try ServerUnderTest(
            url: options.url, adminURL: options.adminURL, token: options.token, program: options.sluice,
            name: "sluice-rush", mustExist: options.item.map { "there is no item \($0) to sell" }, output: output,
            on: poller)
        let exit: ExitCode
        do throws(Trouble) {
            exit = try sell(at: server.endpoint, admin: server.adminEndpoint, token: server.token)
        } catch {
            server.close(isKept: true)
            throw error
        }
        let isClean = server.close(isKept: exit != .kept)
        return isClean || exit == .failed ? exit : .notRun
    }

    /// Runs the sale and shows the verdict.
    private func sell(at endpoint: Endpoint, admin: Endpoint, token: AdminToken) throws(Trouble) -> ExitCode {
        let client = ServerClient(endpoint, on: poller)
        let crowd = "rush-\(String(UInt64.random(in: 0..<(1 << 40)), radix: 36))"
        let item = options.item ?? crowd
        if options.item == nil {
            try client.make(
                item, units: options.units, queueLimit: options.queueLimit, admin: admin, token: token)
        }
        defer { if options.item == nil { client.close(item, admin: admin, token: token) } }
        let before = try client.show(item)
        let conditions = Verdict.Conditions(
            url: endpoint.url, item: item, buyers: options.buyers, repeatPercent: options.repeatPercent,
            connections: options.connections, windowMs: Int64(options.windowMilliseconds),
            seed: options.seed ?? UInt64.random(in: 0..<1_000_000))
        output.line(
            "\(Text.grouped(Int64(options.buyers))) buyers for \(Text.grouped(before.stockLeft)) units of \(item)"
                + " at \(endpoint.url), \(options.connections) connections")
        let opening = Opening(
            buyers: options.buyers, window: .milliseconds(Int64(options.windowMilliseconds)),
            repeatPercent: options.repeatPercent, seed: conditions.seed)
        let rush = RushDriver(
            opening, referee: Referee(item: item, crowd: crowd, stockLeft: before.stockLeft), at: endpoint,
            connections: options.connections, progress: RushProgress(buyers: options.buyers, to: output),
            interrupts: interrupts, on: poller)
        rush.run(deadline: .seconds(Int64(options.deadlineSeconds)))
        guard !interrupts.came else { throw Trouble("interrupted: no verdict") }
        return show(
            rush, conditions, before: before,
            after: client.settled(item, before: before, sold: rush.referee.counts.sold))
    }

    private func show(_ rush: RushDriver, _ conditions: Verdict.Conditions, before: ItemBody, after: ItemBody?)
        -> ExitCode
    {
        var referee = rush.referee
        referee.judge(rush.buyers, before: before, after: after)
        let verdict = Verdict(
            referee, rush.buyers, conditions: conditions, before: before, after: after, answers: rush.answers,
            lostAnswers: rush.lostAnswers, elapsed: rush.elapsed)
        var isTold = true
        for line in verdict.table { isTold = output.line(line) && isTold }
        if options.isJSON {
            let text = (try? ResultFile.json(verdict)).map { String(decoding: $0, as: UTF8.self) }
            isTold = text.map { Output.standard.line($0) } ?? false
        }
        guard isTold || !verdict.passed else {
            Output.error.line("sluice-rush: the verdict could not be written")
            return .notRun
        }
        return verdict.passed ? .kept : .failed
    }
}
