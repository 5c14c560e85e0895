import Foundation

/// One whole load test: read the scenario, load the server, show and write the result.
struct LoadCommand {
    private static let settleTime = Nanoseconds.seconds(3)  // for the items' own counts after the last answer
    private let options: LoadOptions
    private let scenario: Scenario
    private let seed: UInt64
    private let session: Session
    private let output = Output.standard
    private var interrupts: Interrupts { session.interrupts }

    init(_ options: LoadOptions) throws(Trouble) {
        self.options = options
        scenario = options.apply(to: try Self.scenario(options.scenario))
        seed = options.seed ?? UInt64.random(in: 0..<1_000_000)
        session = try Session(output)
    }

    func perform() throws(Trouble) -> ExitCode {
        try session.perform(options.server, name: "sluice-load", flags: serverFlags) { (server) throws(Trouble) in
            // What the server did is of interest when it broke a promise, not when it was slow.
            options.findsKnee ? try findKnee(server) : try measure(server)
        }
    }

    private func measure(_ server: ServerUnderTest) throws(Trouble) -> (exit: ExitCode, isBroken: Bool) {
        output.line("\(scenario.name): \(scenario.about)")
        let result = try trial(scenario, server, isQuiet: options.isQuiet)
        var isWritten = true
        for line in result.table { isWritten = output.line(line) && isWritten }
        guard isWritten || !result.isGood else {
            Output.error.line("sluice-load: the result could not be written")
            return (.notRun, false)
        }
        if let path = options.json { try ResultFile.write(try ResultFile.json(result), to: path) }
        if let path = options.svg { try ResultFile.write(Data(LoadChart(result).svg.utf8), to: path) }
        if interrupts.came {
            output.line("  interrupted: this is the result so far")
            return (.notRun, !result.breaches.isEmpty)
        }
        return (result.isGood ? .kept : .failed, !result.breaches.isEmpty)
    }

    private func findKnee(_ server: ServerUnderTest) throws(Trouble) -> (exit: ExitCode, isBroken: Bool) {
        let limit = scenario.thresholds.p99Milliseconds ?? 100
        output.line("\(scenario.name): looking for the rate where p99 passes \(Text.decimal(limit)) ms")
        var search = KneeSearch(from: scenario.meanPerSecond)
        var report = KneeReport(scenario: scenario.name, p99Milliseconds: limit)
        var breaches: [BreachReport] = []
        func step(_ rate: Double) throws(Trouble) -> LoadResult {
            var changed = scenario
            changed.scale(toPerSecond: rate)
            let result = try trial(changed, server, isQuiet: true)
            breaches += result.breaches
            guard !interrupts.came else { throw Trouble("interrupted: no knee") }
            return result
        }
        while let rate = search.rate {
            var held = false
            // A step that fails is tried twice: a pause of this machine is not the server's limit.
            for _ in 0..<2 where !held {
                let result = try step(rate)
                held = KneeSearch.held(result, p99Milliseconds: limit)
                output.line(report.climbed(to: rate, result, held: held))
            }
            search.step(held: held)
        }
        output.line("  knee  \(Text.decimal(search.knee)) arrivals a second")
        if search.knee > 0 {
            for run in 1...KneeReport.settledRuns {
                let result = try step(search.knee * 0.7)
                output.line(report.settled(at: search.knee * 0.7, result))
                guard run == KneeReport.settledRuns, let path = options.svg else { continue }
                try ResultFile.write(Data(LoadChart(result).svg.utf8), to: path)
            }
            for line in report.overloaded(at: search.knee * 3, try step(search.knee * 3)) { output.line(line) }
        }
        if let path = options.json { try ResultFile.write(try ResultFile.json(report), to: path) }
        for breach in breaches { output.line("  BROKEN \(breach.kind): \(breach.examples.joined(separator: "; "))") }
        return (search.knee > 0 && breaches.isEmpty ? .kept : .failed, !breaches.isEmpty)
    }

    /// Makes fresh items, loads the server once, and judges.
    private func trial(_ scenario: Scenario, _ server: ServerUnderTest, isQuiet: Bool) throws(Trouble) -> LoadResult {
        let name = "load-\(String(UInt64.random(in: 0..<(1 << 30)), radix: 36))"
        let client = ServerClient(server.endpoint)
        var items: [(name: String, stock: Int64)] = []
        for number in 1...scenario.items.count {
            let item = "\(name)-\(number)"
            try client.make(
                item, units: Int(scenario.items.stock), queueLimit: scenario.items.queueLimit.map(Int.init),
                admin: server.adminEndpoint, token: server.token)
            items.append((item, scenario.items.stock))
        }
        defer { for item in items { client.close(item.name, admin: server.adminEndpoint, token: server.token) } }
        let idle = try openIdle(scenario, server.endpoint)
        defer { idle?.close() }
        let stem = "\(name.dropFirst("load-".count))-"
        var progress = Progress(.error, pause: .milliseconds(200), isQuiet: isQuiet)
        let run: LoadRun
        do throws(SystemError) {
            run = try LoadRun(
                scenario, pacing: options.isClosed ? .closedLoop : .openLoop,
                ledger: SaleLedger(items: items, stem: stem), stem: stem, at: server.endpoint, seed: seed, idle: idle,
                interrupts: interrupts, progress: { Self.show($0, &progress, of: scenario.arrivals.seconds) })
        } catch { throw Trouble("\(error)") }
        run.run()
        progress.end()
        let end = Nanoseconds.now + Self.settleTime
        run.judge(after: run.buyers.ledger.items.map { client.settled($0.name, sold: $0.sold, by: end) })
        return LoadResult(
            run.buyers, conditions: .init(scenario, isClosed: options.isClosed, url: server.endpoint.url, seed: seed),
            arrivalsTook: (run.arrivalsEndedAt ?? run.endedAt) - run.start, elapsed: run.endedAt - run.start,
            cost: run.cost, reviewed: run.reviewed, waiting: run.waitingAtEnd, idleOpen: idle?.open ?? 0,
            thresholds: scenario.thresholds, isCut: interrupts.came)
    }

    private static func show(_ run: LoadRun, _ progress: inout Progress, of seconds: Double) {
        let (now, meters) = (Nanoseconds.now, run.buyers.meters)
        progress.show([meters.arrivals, meters.answered], since: run.start, now: now) { perSecond in
            ProgressLine.load(
                of: seconds, elapsed: now - run.start, run.buyers.ledger, arriving: perSecond[0],
                answering: perSecond[1], p99: meters.all.quantile(perMille: 990), errors: meters.errors)
        }
    }

    private func openIdle(_ scenario: Scenario, _ endpoint: Endpoint) throws(Trouble) -> IdleFleet? {
        guard scenario.idleConnections > 0 else { return nil }
        do throws(SystemError) {
            let idle = try IdleFleet(to: endpoint, connections: scenario.idleConnections)
            if !idle.openAll() {
                output.line("  only \(idle.open) of \(scenario.idleConnections) idle connections could be opened")
            }
            return idle
        } catch { throw Trouble("\(error)") }
    }

    /// A started server takes as many connections as the scenario opens, and some more: its loops share the number
    /// evenly, and the kernel does not share connections so among loops.
    private var serverFlags: [String] {
        let connections = scenario.connections + scenario.idleConnections + scenario.users.bots
        let most = connections + connections / 10 + 100
        return (most > 10_000 ? ["--max-connections", String(most)] : []) + options.up
    }

    private static func scenario(_ name: String) throws(Trouble) -> Scenario {
        let isPath = name.contains("/") || name.hasSuffix(".json")
        let path = isPath ? name : "LoadTests/scenarios/\(name).json"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Trouble("there is no scenario \(path): name a file, or run where LoadTests/scenarios is")
        }
        do throws(Scenario.Fault) {
            return try Scenario(json: Array(data))
        } catch { throw Trouble("\(path): \(error.description)") }
    }
}
