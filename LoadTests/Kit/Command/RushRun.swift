/// One whole rush: make the item, let the crowd in, judge, clean up.
struct RushRun {
    private static let settleTime = Nanoseconds.seconds(3)  // for the item's own count after the last answer
    private let options: RushOptions
    private let session: Session
    /// For people; with `--json` standard output stays free for the verdict.
    private let output: Output

    init(_ options: RushOptions) throws(Trouble) {
        self.options = options
        output = options.isJSON ? .error : .standard
        session = try Session(output)
    }

    func perform() throws(Trouble) -> ExitCode {
        try session.perform(
            options.server, name: "sluice-rush", mustExist: options.item.map { "there is no item \($0) to sell" }
        ) { (server) throws(Trouble) in
            let exit = try sell(at: server)
            return (exit, exit != .kept)
        }
    }

    /// Runs the sale and shows the verdict.
    private func sell(at server: ServerUnderTest) throws(Trouble) -> ExitCode {
        let client = ServerClient(server.endpoint)
        let crowd = "rush-\(String(UInt64.random(in: 0..<(1 << 40)), radix: 36))"
        let item = options.item ?? crowd
        if options.item == nil {
            try client.make(
                item, units: options.units, queueLimit: options.queueLimit, admin: server.adminEndpoint,
                token: server.token)
        }
        defer { if options.item == nil { client.close(item, admin: server.adminEndpoint, token: server.token) } }
        let before = try client.show(item)
        let conditions = Verdict.Conditions(
            url: server.endpoint.url, item: item, buyers: options.buyers, repeatPercent: options.repeatPercent,
            connections: options.connections, windowMs: Int64(options.windowMilliseconds),
            isPushed: options.isPushed, seed: options.seed ?? UInt64.random(in: 0..<1_000_000))
        output.line(
            "\(Text.grouped(Int64(options.buyers))) buyers for \(Text.grouped(before.stockLeft)) units of \(item)"
                + " at \(server.endpoint.url), \(options.connections) connections")
        let opening = Opening(
            buyers: options.buyers, window: .milliseconds(Int64(options.windowMilliseconds)),
            repeatPercent: options.repeatPercent, seed: conditions.seed)
        let rush: RushDriver
        do throws(SystemError) {
            rush = try RushDriver(
                opening, referee: Referee(item: item, crowd: crowd, stockLeft: before.stockLeft), at: server.endpoint,
                connections: options.connections, listeners: options.listeners,
                progress: Progress(output, pause: .milliseconds(100)),
                interrupts: session.interrupts)
        } catch { throw Trouble("\(error)") }
        rush.run(deadline: .seconds(Int64(options.deadlineSeconds)))
        guard !session.interrupts.came else { throw Trouble("interrupted: no verdict") }
        let after = client.settled(
            item, before: before.sold, sold: rush.referee.counts.sold, by: .now + Self.settleTime)
        let decided = SaleTimes(of: item, admin: server.adminEndpoint, token: server.token)?.waits(of: rush.buyers)
        return show(rush, conditions, before: before, after: after, decided: decided)
    }

    private func show(
        _ rush: RushDriver, _ conditions: Verdict.Conditions, before: ItemBody, after: ItemBody?, decided: Histogram?
    ) -> ExitCode {
        var referee = rush.referee
        referee.judge(rush.buyers, before: before, after: after)
        let verdict = Verdict(
            referee, rush.buyers, conditions: conditions, before: before, after: after, decided: decided,
            answers: rush.answers, lostAnswers: rush.lostAnswers, elapsed: rush.elapsed)
        var isWritten = true
        for line in verdict.table { isWritten = output.line(line) && isWritten }
        if options.isJSON {
            let text = (try? ResultFile.json(verdict)).map { String(decoding: $0, as: UTF8.self) }
            isWritten = text.map { Output.standard.line($0) } ?? false
        }
        guard isWritten || !verdict.passed else {
            Output.error.line("sluice-rush: the verdict could not be written")
            return .notRun
        }
        return verdict.passed ? .kept : .failed
    }
}
