import Operations
import Testing

@testable import CommandLineModule

private func parse(_ line: String, _ environment: [String: String] = [:]) throws -> Invocation {
    let words = line.split(separator: " ").map(String.init)
    guard case .run(let invocation) = try ArgumentParser(environment: environment).parse(words) else {
        throw Failure(.failed, "help instead of a command")
    }
    return invocation
}

private func failure(_ line: String, _ environment: [String: String] = [:]) -> Failure? {
    do {
        _ = try parse(line, environment)
        return nil
    } catch {
        return error as? Failure
    }
}

@Test(arguments: [
    ("up", Command.Action.up), ("item ls", .listItems), ("item show demo", .showItem),
    ("item put demo --stock 5", .putItem), ("item pause demo", .pauseItem), ("item resume demo", .resumeItem),
    ("item hold demo", .holdItem),
    ("item close demo", .closeItem), ("item restock demo --units 1", .restockItem), ("item thaw demo", .thawItem),
    ("ticket show T", .showTicket),
    ("ticket cancel T", .cancelTicket), ("node ls", .listNodes), ("settings show", .showSettings),
    ("settings put --poll-budget-per-second none", .putSettings), ("status", .status), ("doctor", .doctor),
    ("version", .version), ("--version", .version),
    ("plan --stock 1 --service-ms 20 --arrivals 5", .plan),
])
func `every noun and verb reaches its command`(line: String, action: Command.Action) throws {
    #expect(try parse(line).command.action == action)
}

@Test(arguments: [
    ("sell", ExitCode.usage), ("item", .usage), ("item sell", .usage), ("item show", .usage), ("item show a b", .usage),
    ("item show a/b", .usage), ("item put demo --stock many", .usage), ("item put demo --stock -1", .usage),
    ("item put demo --price 3", .usage), ("item restock demo", .usage), ("item restock demo --units 0", .usage),
    ("item put demo --on-sold-out panic", .usage), ("item ls --url", .usage), ("help nothing", .usage),
    ("settings", .usage), ("settings put --poll-budget-per-second 0", .usage), ("settings put x", .usage),
    ("settings put --poll-budget-per-second 1000000001", .usage), ("settings put --stock 1", .usage),
    ("up --bogus", .badConfiguration), ("up --listen here", .badConfiguration), ("up --queues 0", .badConfiguration),
])
func `a wrong line is refused with its code`(line: String, code: ExitCode) {
    #expect(failure(line)?.code == code)
}

@Test func `every problem of a line is named at once`() {
    let problems = failure("up --bogus --queues x --listen 1")?.problems
    #expect(problems?.count == 3)
    #expect(problems?.first?.contains("--bogus") == true)
}

@Test func `a flag wins over the environment, and the environment over the default`() throws {
    let environment = ["SLUICE_LISTEN": "127.0.0.1:1", "SLUICE_QUEUES": "3"]
    let invocation = try parse("up --listen 127.0.0.1:2", environment)
    #expect(invocation.text("listen") == "127.0.0.1:2")
    #expect(invocation.integer("queues") == 3)
    #expect(UpConfiguration(try parse("up"), binaries: "/b").listen.port == 8080)
}

@Test func `a bad value in the environment is bad configuration and names its variable`() {
    let found = failure("doctor", ["SLUICE_DURABILITY": "maybe"])
    #expect(found?.code == .badConfiguration)
    #expect(found?.problems.first?.contains("SLUICE_DURABILITY") == true)
}

@Test func `an item's fields are never taken from the environment`() throws {
    #expect(try parse("item put demo", ["SLUICE_STOCK": "7"]).text("stock") == nil)
}

@Test func `a value may follow its flag or an equals sign, and the last one counts`() throws {
    let invocation = try parse("item put demo --stock=5 --weight 2 --stock 6 --json")
    #expect(invocation.integer("stock") == 6)
    #expect(invocation.integer("weight") == 2)
    #expect(invocation.has("json"))
    #expect(!invocation.has("yes"))
}

@Test(arguments: Catalogue.commands.map(\.title))
func `the help of a command names all of its flags but the hidden ones`(title: String) throws {
    let command = try #require(Catalogue.commands.first { $0.title == title })
    let text = helpText(for: command.words)
    for option in command.options { #expect(text.contains("--\(option.name)") == !option.isHidden) }
}

@Test func `help is asked for before, after and instead of a command`() throws {
    for (line, words) in [("--help", []), ("item --help", ["item"]), ("help item put", ["item", "put"])] {
        let outcome = try ArgumentParser(environment: [:]).parse(line.split(separator: " ").map(String.init))
        guard case .help(let found) = outcome else {
            Issue.record("\(line) is not help")
            continue
        }
        #expect(found == words)
    }
}

@Test(arguments: [
    ("127.0.0.1:8080", "127.0.0.1:8080"), ("[::1]:0", "[::1]:0"), ("localhost:1", "127.0.0.1:1"), ("127.0.0.1", nil),
    (":80", nil), ("127.0.0.1:65536", nil), ("256.0.0.1:1", nil), ("example.org:80", nil), ("::1:80", nil),
])
func `a listen address is numeric and has a port`(text: String, expected: String?) {
    #expect(ListenAddress(text)?.description == expected)
}
