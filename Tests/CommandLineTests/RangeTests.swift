import Domain
import Testing

@testable import CommandLineModule

/// The command line takes what the server and the modules take, no more and no less.
@Suite struct RangeTests {
    private func option(_ name: String, of words: [String]) throws -> Option {
        let command = try #require(Catalogue.commands.first { $0.words == words })
        return try #require(command.option(named: name))
    }

    @Test func `items are put within the bounds of the server`() throws {
        for (name, range) in [
            ("stock", Limits.stock), ("queue-limit", Limits.queueLimit), ("weight", Limits.weight),
            ("per-user-limit", 1...Int64(Limits.purchasesPerUser)), ("per-user-units", Limits.unitsPerUser),
        ] {
            let option = try option(name, of: ["item", "put"])
            for value in [range.lowerBound, range.upperBound] { #expect(option.problem(with: "\(value)") == nil) }
            for value in [range.lowerBound - 1, range.upperBound + 1] {
                #expect(option.problem(with: "\(value)") != nil, "\(name) \(value)")
            }
        }
    }

    @Test func `up takes what the modules take, in their words`() {
        #expect(option("queues", "65") == "must be an integer from 1 to 64, not '65'")
        #expect(option("sink", "kafka") == "must be one of none, delay, webhook, postgres, not 'kafka'")
        #expect(option("listen", "here")?.contains("numeric address") == true)
        #expect(option("sink-url", "ftp://secret")?.contains("secret") == false, "a secret may stand in it")
        for (name, value) in [("queues", "64"), ("sink", "webhook"), ("listen", "localhost:1"), ("lease-ms", "500")] {
            #expect(option(name, value) == nil, "--\(name) \(value)")
        }
    }

    private func option(_ name: String, _ value: String) -> String? {
        Catalogue.up.option(named: name)?.problem(with: value)
    }

    @Test func `the help of a flag has its range and its default`() throws {
        let text = helpText(for: ["up"])
        for line in ["queue processes to run (1 to 64; default 1)", "default: the cores of the machine)"] {
            #expect(text.contains(line), "\(line)")
        }
        #expect(helpText(for: ["item", "put"]).contains("share of the drain rate; else 1 (1 to 1000)"))
        #expect(helpText(for: ["plan"]).contains("worker processes (1 to 100000; default 1)"))
    }
}
