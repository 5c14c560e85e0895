import Foundation
import LoadKit
import Testing

private func scenario(_ text: String) throws -> Scenario { try Scenario(json: Array(text.utf8)) }

private let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "LoadTests/scenarios")

@Test(arguments: ["opening-spike", "steady", "sold-out-flood", "poll-storm", "mixed", "hot-and-cold", "soak"])
func `each scenario of the kit can be read and says what it is`(name: String) throws {
    let read = try Scenario(json: Array(Data(contentsOf: folder.appending(path: "\(name).json"))))
    #expect(read.name == name)
    #expect(!read.about.isEmpty)
    // What only grows with time is looked for in nine minutes, in which a shared machine may well stall once.
    #expect((read.thresholds.p99Milliseconds == nil) == (name == "soak"))
    #expect(read.thresholds.finalWithinSeconds != nil)
    #expect(read.drainSeconds >= read.thresholds.finalWithinSeconds ?? .infinity)
}

@Test func `what a file leaves out has its default`() throws {
    let read = try scenario(#"{"arrivals":{"process":"constant","per_second":5,"seconds":2}}"#)
    var expected = Scenario()
    expected.arrivals.shape = .constant
    expected.arrivals.perSecond = 5
    expected.arrivals.seconds = 2
    #expect(read == expected)
    #expect(read.thresholds.errors == 0)
}

@Test func `a spike has its crowd and its decay`() throws {
    let read = try scenario(
        #"{"arrivals":{"process":"spike","per_second":10,"seconds":4,"crowd":360,"decay_ms":1.5}}"#)
    #expect(read.arrivals.shape == .spike(buyers: 360, decay: Nanoseconds(1_500_000)))
    #expect(read.meanPerSecond == 100)
    var scaled = read
    scaled.scale(toPerSecond: 200)
    #expect(scaled.arrivals.shape == .spike(buyers: 720, decay: Nanoseconds(1_500_000)))
    #expect(scaled.arrivals.perSecond == 20)
}

private let arrivals = #""arrivals":{"process":"poisson","per_second":5,"seconds":2}"#

@Test(
    arguments: [
        (#"[]"#, "the file"), (#"{"#, "JSON"), (#"{}"#, "arrivals is missing"),
        (#"{"arrivals":{"process":"poisson","per_second":5}}"#, "arrivals.seconds is missing"),
        (#"{"arrivals":{"process":"wild","per_second":5,"seconds":2}}"#, "arrivals.process is constant, poisson or"),
        (#"{"arrivals":{"process":"poisson","per_second":5,"seconds":2,"crowd":3}}"#, "arrivals.crowd is for a spike"),
        (#"{"arrivals":{"process":"spike","per_second":5,"seconds":2}}"#, "arrivals.crowd is missing"),
        ("{\(arrivals),\"conections\":5}", "conections is unknown; known are name"),
        ("{\(arrivals),\"items\":{\"stok\":5}}", "items.stok is unknown"),
        ("{\(arrivals),\"connections\":0}", "connections is 1...10000, not 0"),
        ("{\(arrivals),\"connections\":\"5\"}", "connections"),
        ("{\(arrivals),\"items\":{\"hot_percent\":101}}", "items.hot_percent is 0...100, not 101"),
        ("{\(arrivals),\"mix\":{\"purchases\":0}}", "mix.purchases and the others are all 0"),
        ("{\(arrivals),\"users\":{\"retries\":-1}}", "users.retries is 0...100, not -1"),
        ("{\(arrivals),\"thresholds\":{\"p99\":5}}", "thresholds.p99 is unknown"),
        ("{\(arrivals),\"thresholds\":{\"p99_ms\":true}}", "thresholds.p99_ms"),
    ])
func `a wrong file is refused with the place and what was expected`(text: String, message: String) {
    do {
        let read = try scenario(text)
        Issue.record("read \(read)")
    } catch let fault as Scenario.Fault {
        #expect(fault.description.contains(message), "\(fault.description)")
    } catch { Issue.record("\(error)") }
}

@Test func `flags change what the scenario says`() throws {
    let options = try LoadOptions([
        "--scenario", "x", "--rate=50", "--seconds", "4", "--connections", "3", "--idle-connections", "7", "--stock",
        "9", "--bots", "2", "--p99-ms", "1.5", "--seed", "12", "--up", "--loops=1", "--up=--workers=2", "--quiet",
    ])
    let changed = options.apply(to: Scenario())
    #expect(changed.arrivals.perSecond == 50)
    #expect(changed.arrivals.seconds == 4)
    #expect((changed.connections, changed.idleConnections) == (3, 7))
    #expect((changed.items.stock, changed.users.bots) == (9, 2))
    #expect(changed.thresholds.p99Milliseconds == 1.5)
    #expect(options.up == ["--loops=1", "--workers=2"])
    #expect(options.isQuiet)
    #expect(options.seed == 12)
}

@Test(
    arguments: [
        [], ["--scenario"], ["--scenario", "x", "--rate", "0"], ["--scenario", "x", "--rate", "nan"],
        ["--scenario", "x", "--closed", "--find-knee"], ["--scenario", "x", "--url", "http://192.0.2.1:80"],
        ["--scenario", "x", "--wat"], ["--scenario", "x", "--quiet=yes"], ["--scenario", "x", "--seconds", "1e9"],
    ])
func `a wrong command line is refused`(arguments: [String]) {
    #expect(throws: Misuse.self) { try LoadOptions(arguments) }
}
