import Testing

@testable import CommandLineModule

private func invocation(_ line: String) throws -> Invocation {
    let words = ["plan"] + line.split(separator: " ").map(String.init)
    guard case .run(let invocation) = try ArgumentParser(environment: [:]).parse(words) else {
        throw Failure(.failed, "help instead of a command")
    }
    return invocation
}

private func output(_ line: String) throws -> [String] {
    var lines: [String] = []
    let console = Console(isTerminal: false, output: { lines.append($0) }, complaint: { _ in }, question: { nil })
    #expect(try Plan.run(invocation(line), console: console) == .done)
    return lines
}

private func problems(_ line: String) -> (ExitCode, [String])? {
    do {
        _ = try Plan(invocation(line))
        return nil
    } catch {
        return (error as? Failure).map { ($0.code, $0.problems) }
    }
}

private let golden = """
    CAPACITY
      slots                         4 orders     at once: workers (4) × slots of each
      capacity                    200 /s         slots ÷ service time
      utilisation                  85 %          steady arrivals ÷ capacity

    IN THE LONG RUN
      who must wait              68.9 %          Erlang C
      mean wait                    23 ms         of all, also of those who need not
      wait p50                   10.7 ms
      wait p90                   64.4 ms
      wait p99                    141 ms
      mean queue                 3.91 purchases  waiting
      in the system              7.31 purchases  waiting or in a slot
      Little's law: 170/s × 43 ms = 7.31 in the system

    THE SALE
      queue limit               3,500 purchases
      arrivals at the opening   5,170 /s
      most waiting              3,500 purchases  after 705 ms
      refused, queue full       6,436 requests   from 705 ms on
      last unit sold             5.02 s          after the opening; every loser is told then
      last winner waits          4.79 s          and then for the order
      losers in the queue       3,418 purchases
      first loser waits          4.83 s

    WHAT IT TAKES
      polls at the peak         7,740 /s         as poll_after_ms tells
      polls while paused        4,903 /s         with as many waiting
      requests at the peak     12,910 /s         arrivals of the opening and polls
      queue                    0.0904 cores      sluice-queue, at 100 %
      Redis                    0.0105 cores      it has one
      worker                   0.0002 cores      sluice-worker, without what the sink costs
      memory of Redis             530 kB         for 4,418 admitted purchases
      connections               3,504            one for each who waits
      memory for them             3.5 MB         sluice-queue, without the kernel's
    """

@Test func `a plan is four aligned parts`() throws {
    let costs = "--purchase-us 10 --poll-us 5 --redis-admit-us 2 --redis-order-us 1 --worker-us 1"
    let sizes = "--waiting-bytes 120 --connection-bytes 1000"
    let lines = try output(
        "--arrivals 170 --stock 1000 --service-ms 20 --workers 4 --spike-arrivals 10000 --spike-seconds 2 "
            + "--queue-limit 3500 \(costs) \(sizes)")
    #expect(lines.joined(separator: "\n") == golden)
}

@Test func `overload is reported with how fast the queue grows, and is no failure`() throws {
    let lines = try output("--arrivals 5000 --stock 1000 --service-ms 20 --workers 4")
    #expect(lines.contains { $0.contains("NOT STABLE: 5,000/s come, 200/s can be served") })
    #expect(lines.contains { $0.hasPrefix("  growth of the queue") && $0.contains("4,800 /s") })
}

@Test func `a spike that leaves stock is reported as that`() throws {
    let lines = try output("--spike-arrivals 100 --spike-seconds 2 --stock 1000 --service-ms 20")
    #expect(lines.contains("  STOCK STAYS: 100 of 1,000 units are asked for"))
}

@Test func `a program gets the same as JSON, with null where there is no number`() throws {
    let lines = try output("--arrivals 5000 --stock 1000 --service-ms 20 --workers 2 --slots 2 --json")
    let json = try #require(JSONValue(parsing: Array(lines.joined().utf8)))
    #expect(json["stable"]?.bool == false)
    #expect(json["capacity_per_second"]?.integer == 200)
    #expect(json["long_run"]?["growth_per_second"]?.integer == 4_800)
    #expect(json["long_run"]?["wait_p99_ms"] == .null)
    #expect(json["sale"]?["peak_waiting"]?.integer == 3_000)
    #expect(json["sale"]?["queue_limit"]?.integer == 3_000)
}

@Test func `the queue's limit follows factor and margin as in an item`() throws {
    let plan = try Plan(invocation("--arrivals 1 --stock 100 --service-ms 1 --queue-factor 1.5 --queue-margin 50"))
    #expect(plan.conditions.queueLimit == 200)
    #expect(try Plan(invocation("--arrivals 1 --stock 100 --service-ms 1")).conditions.queueLimit == 300)
    #expect(try Plan(invocation("--arrivals 1 --stock 9 --service-ms 1 --queue-limit 7")).conditions.queueLimit == 7)
}

@Test func `below capacity the long run's means stand in for what a fluid does not have`() throws {
    let plan = try Plan(invocation("--arrivals 45 --stock 1000 --service-ms 20 --workers 1"))
    #expect(plan.course.peakWaiting < 1)
    #expect(plan.peakWaiting == plan.line.meanQueue)
    #expect(plan.lastWinnerWait == plan.line.meanWait)
}

@Test(arguments: [
    ("", ["'plan' needs --stock N", "'plan' needs --service-ms N"]),
    ("--stock 0 --service-ms 20 --arrivals 1", ["--stock must be an integer from 1 to 1000000000, not '0'"]),
    ("--stock 1 --service-ms 0 --arrivals 1", ["--service-ms must be a number from 0.001 to 3600000, not '0'"]),
    ("--stock 1 --service-ms nan --arrivals 1", ["--service-ms must be a number from 0.001 to 3600000, not 'nan'"]),
    ("--stock 1 --service-ms 1 --arrivals -1", ["--arrivals must be a number from 0 to 1000000000, not '-1'"]),
    ("--stock 1 --service-ms 1 --arrivals 1e3", ["--arrivals must be a number from 0 to 1000000000, not '1e3'"]),
    ("--stock 1 --service-ms 1", ["nobody comes: give --arrivals N or --spike-arrivals N"]),
    (
        "--stock 1 --service-ms 1 --arrivals 1 --workers 1000 --slots 101",
        ["101000 slots in all are more than 100000"]
    ),
    (
        "--stock 1 --service-ms 1 --arrivals 1 --queue-factor 0 --spike-seconds 2",
        [
            "stock × factor + margin is below 1: nobody could wait",
            "--spike-seconds needs --spike-arrivals N",
        ]
    ),
    (
        "--stock 1 --service-ms 1 --arrivals 1 --queue-limit 5 --queue-margin 2",
        ["--queue-limit says it all: leave --queue-factor and --queue-margin out"]
    ),
])
func `what can't be planned is refused, every problem at once, with the code of usage`(
    line: String, expected: [String]
) throws {
    let found = try #require(problems(line))
    #expect(found.0 == .usage)
    #expect(found.1 == expected)
}
