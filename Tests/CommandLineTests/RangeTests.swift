import Domain
import Operations
import Testing

@testable import CommandLineModule

/// The command line takes what the server and the modules take, no more and no less.
@Suite struct RangeTests {
    private func option(_ name: String, of words: [String]) throws -> CommandLineModule.Option {
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

    @Test func `up hands on what the modules take`() {
        let values = ["0", "1", "2", "64", "65", "256", "257", "499", "500", "60000", "60001", "600000", "600001", "x"]
        for option in Catalogue.up.options where option.isInEnvironment && option.name != "sink" {
            if case .integer = option.kind {} else { continue }
            for value in values {
                let schema = ConfigurationSchema(
                    program: "x", summary: "", options: KnownOptions.all.filter { $0.name == option.name })
                let surroundings = Surroundings(
                    arguments: ["--\(option.name)", value], environment: [:], cores: 1
                ) { _, _ in .failure("") }
                guard !schema.options.isEmpty else { continue }
                var isTaken = true
                if case .refuse = schema.load(surroundings) { isTaken = false }
                #expect((option.problem(with: value) == nil) == isTaken, "--\(option.name) \(value)")
            }
        }
    }
}

@Test func `where a Redis listens is written as people write it`() {
    #expect(RedisAddress("redis://127.0.0.1:1")?.place.description == "127.0.0.1:1")
    #expect(RedisAddress("redis://[::1]:6379/2")?.place.description == "[::1]:6379")
    #expect(RedisAddress("unix:///run/redis.sock")?.place.description == "/run/redis.sock")
}
