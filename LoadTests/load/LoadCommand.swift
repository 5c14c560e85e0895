import Foundation
import LoadKit

/// One whole call of `sluice-load`: read the scenario, find or start the server, load it, show and write the result.
struct LoadCommand {
    enum Exit: Int32 {
        case kept = 0
        case notRun = 1
        case usage = 2
        case missed = 3
    }

    private let options: LoadOptions
    private let scenario: Scenario
    private let seed: UInt64
    private let poller: Poller
    private let interrupts: Interrupts
    private let output = Output.standard

    init(_ options: LoadOptions) throws(Trouble) {
        self.options = options
        scenario = options.apply(to: try Self.scenario(options.scenario))
        seed = options.seed ?? UInt64.random(in: 0..<1_000_000)
        do {
            poller = try Poller()
            interrupts = try Interrupts(on: poller)
        } catch { throw Trouble("\(error)") }
        raiseDescriptorLimit()
    }

    func perform() throws(Trouble) -> Exit {
        let server = try ServerUnderTest(
            url: options.url, adminURL: options.adminURL, tokenFile: options.tokenFile, program: options.sluice,
            name: "sluice-load", flags: serverFlags, output: output, on: poller)
        let exit: Exit
        do throws(Trouble) {
            exit = options.findsKnee ? try findKnee(server) : try measure(server)
        } catch {
            server.close(isKept: true)
            throw error
        }
        let isClean = server.close(isKept: exit != .kept && !interrupts.came)
        return isClean || exit == .missed ? exit : .notRun
    }

    private func measure(_ server: ServerUnderTest) throws(Trouble) -> Exit {
        output.line("\(scenario.name): \(scenario.about)")
        let result = try trial(scenario, server, isQuiet: options.isQuiet)
        for line in result.table { output.line(line) }
        try write(result)
        if interrupts.came {
            output.line("  interrupted: this is the result so far")
            return .notRun
        }
        return result.isGood ? .kept : .missed
    }

    private func findKnee(_ server: ServerUnderTest) throws(Trouble) -> Exit {
        let limit = scenario.thresholds.p99Milliseconds ?? 100
        output.line("\(scenario.name): looking for the rate where p99 passes \(Text.decimal(limit)) ms")
        var search = KneeSearch(from: scenario.meanPerSecond)
        var best: LoadResult?
        var isBroken = false
        while let rate = search.rate, !interrupts.came {
            var step = scenario
            step.scale(toPerSecond: rate)
            let result = try trial(step, server, isQuiet: true)
            let held = KneeSearch.held(result, p99Milliseconds: limit)
            output.line(KneeLine.text(rate: rate, result, held: held))
            isBroken = isBroken || !result.breaches.isEmpty
            if held { best = result }
            search.step(held: held)
        }
        guard !interrupts.came else { throw Trouble("interrupted: no knee") }
        output.line("  knee: \(Text.decimal(search.knee)) arrivals a second")
        if let best { try write(best) }
        return isBroken || search.knee == 0 ? .missed : .kept
    }

    /// Makes fresh items, loads the server once, and judges.
    private func trial(_ scenario: Scenario, _ server: ServerUnderTest, isQuiet: Bool) throws(Trouble) -> LoadResult {
        let name = "load-\(String(UInt64.random(in: 0..<(1 << 30)), radix: 36))"
        let desk = Desk(server.endpoint, on: poller)
        var items: [(name: String, stock: Int64)] = []
        for number in 1...scenario.items.count {
            let item = "\(name)-\(number)"
            try desk.make(
                item, units: Int(scenario.items.stock), queueLimit: scenario.items.queueLimit.map(Int.init),
                admin: server.adminEndpoint, tokenFile: server.tokenFile)
            items.append((item, scenario.items.stock))
        }
        let idle = try openIdle(scenario, server.endpoint)
        defer { idle?.close() }
        let stem = "\(name.dropFirst("load-".count))-"
        let progress = LoadProgress(scenario, isQuiet: isQuiet)
        let run: LoadRun
        do throws(SystemError) {
            run = try LoadRun(
                scenario, pacing: options.isClosed ? .closedLoop : .openLoop,
                ledger: SaleLedger(items: items, stem: stem), stem: stem, at: server.endpoint, seed: seed, idle: idle,
                interrupts: interrupts, on: poller, progress: progress.show)
        } catch { throw Trouble("\(error)") }
        run.run()
        progress.end(run)
        run.judge(after: desk.settled(run.market.ledger))
        return LoadResult(
            run.market, conditions: .init(scenario, isClosed: options.isClosed, url: server.endpoint.url, seed: seed),
            arrivalsTook: (run.arrivalsEndedAt ?? run.endedAt) - run.start, elapsed: run.endedAt - run.start,
            cost: run.cost, reviewed: run.reviewed, idleOpen: idle?.open ?? 0, thresholds: scenario.thresholds)
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

    private func write(_ result: LoadResult) throws(Trouble) {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            if let path = options.json { try encoder.encode(result).write(to: URL(filePath: path)) }
            if let path = options.svg { try Data(LoadChart(result).svg.utf8).write(to: URL(filePath: path)) }
        } catch { throw Trouble("the result cannot be written: \(error.localizedDescription)") }
    }

    /// A started server takes as many connections as the scenario opens.
    private var serverFlags: [String] {
        let connections = scenario.connections + scenario.idleConnections + scenario.users.bots + 100
        return (connections > 10_000 ? ["--max-connections", String(connections)] : []) + options.up
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
