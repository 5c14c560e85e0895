import Base
import Testing

@testable import Operations

private let hexKey = String(repeating: "0123456789abcdef", count: 4)
private let otherKey = String(repeating: "fedcba9876543210", count: 4)
private let token = String(repeating: "t", count: 32)

/// A program with an option of every kind.
private let schema = ConfigurationSchema(
    program: "sluice-test", version: "1.2.3", summary: "stands in for a program",
    required: [KnownOptions.ticketKey.declaration],
    options: [
        KnownOptions.redisURL.declaration, KnownOptions.listen.declaration, KnownOptions.loops.declaration,
        KnownOptions.adminToken.declaration, KnownOptions.durability.declaration, KnownOptions.lease.declaration,
        KnownOptions.sink.declaration, KnownOptions.nodeName.declaration, verbose.declaration,
    ],
    check: { values in
        values[KnownOptions.durability] == .replicated && values[KnownOptions.loops] == 1
            ? [ConfigurationProblem("--durability", "needs two loops")] : []
    })
private let verbose = Option("verbose", .toggle, default: "false", scope: .flagOnly, help: "say more")

private func load(
    _ arguments: [String] = [], environment: [String: String] = [:], files: [String: String] = [:], key: Bool = true
) -> Startup {
    var environment = environment
    if key { environment["SLUICE_TICKET_KEY"] = hexKey }
    return schema.load(
        Surroundings(arguments: arguments, environment: environment, cores: 3) { path, limit in
            guard let content = files[path] else { return .failure("No such file or directory") }
            return content.utf8.count > limit ? .tooLarge : .content(Array(content.utf8))
        })
}

private func values(_ startup: Startup) throws -> ConfigurationValues {
    guard case .run(let values) = startup else {
        Issue.record("refused: \(startup)")
        throw CancellationError()
    }
    return values
}

private func problems(_ startup: Startup) -> [String] {
    guard case .refuse(let problems) = startup else { return [] }
    return problems.map(\.description)
}

private func page(_ startup: Startup) -> String {
    guard case .show(let page) = startup else { return "" }
    return page
}

@Test func `a flag beats the environment, which beats the file, which beats the default`() throws {
    let files = ["/c": "loops = 4\nredis_url = redis://file:1\n"]
    let environment = ["SLUICE_CONFIG": "/c", "SLUICE_LOOPS": "5"]
    let all = try values(load(["--loops", "6"], environment: environment, files: files))
    #expect(all[KnownOptions.loops] == 6)
    #expect(all.source(of: KnownOptions.loops) == .flag("--loops"))
    let two = try values(load(environment: environment, files: files))
    #expect(two[KnownOptions.loops] == 5)
    #expect(two.source(of: KnownOptions.loops) == .environment("SLUICE_LOOPS"))
    let one = try values(load(["--config=/c"], files: files))
    #expect(one[KnownOptions.loops] == 4)
    #expect(one.source(of: KnownOptions.loops) == .file(path: "/c", line: 1))
    #expect(one[KnownOptions.redisURL] == "redis://file:1")
    let none = try values(load())
    #expect(none[KnownOptions.loops] == 3)
    #expect(none.source(of: KnownOptions.loops) == .fallback)
    #expect(none[KnownOptions.lease] == .milliseconds(3000))
    #expect(none.optional(KnownOptions.nodeName) == nil)
}

@Test func `a flag takes its value with a blank or with an equals sign, a toggle needs none`() throws {
    #expect(try values(load(["--listen", "[::1]:0"]))[KnownOptions.listen] == ListenAddress(host: "::1", port: 0))
    #expect(try values(load(["--node-name=a-b"])).optional(KnownOptions.nodeName) == "a-b")
    #expect(try values(load(["--verbose"]))[verbose])
    #expect(try !values(load(["--verbose=false"]))[verbose])
    #expect(try !values(load())[verbose])
}

@Test func `every problem is named at once`() {
    let found = problems(
        load(
            ["--loops", "0", "--lisen", "127.0.0.1:1", "extra", "--delay-ms=5", "--listen"],
            environment: ["SLUICE_LEASE_MS": "soon", "SLUICE_LOPS": "2", "SLUICE_CONFIG": "/c"],
            files: ["/c": "# comment\ndurability = sometimes\nredis-url = x\nnonsense\n"], key: false))
    #expect(
        Set(found) == [
            "--lisen: unknown flag; did you mean --listen?",
            "extra: nothing is expected here",
            "--delay-ms: is not a flag of sluice-test, but of another program",
            "--listen: needs a value",
            "/c line 4: must be name = value",
            "SLUICE_LOPS: unknown environment variable; did you mean SLUICE_LOOPS?",
            "/c line 3: redis-url: unknown name; did you mean redis_url?",
            "--loops: must be an integer from 1 to 256, not \"0\"",
            "SLUICE_LEASE_MS: must be milliseconds, an integer from 500 to 60000, not \"soon\"",
            "/c line 2: durability: must be one of fast, safe, replicated, not \"sometimes\"",
            "--ticket-key: is missing; give --ticket-key or SLUICE_TICKET_KEY, "
                + "or --ticket-key-file or SLUICE_TICKET_KEY_FILE",
        ])
}

@Test func `settings of other programs are no problem in the environment and in the file`() throws {
    var environment: [String: String] = ["PATH": "/bin", "SLUICE_CONFIG": "/c"]
    var file = ""
    for option in KnownOptions.all where !schema.allOptions.contains(where: { $0.name == option.name }) {
        environment[OptionDeclaration.environmentName(option.name)] = "anything"
        file += "\(OptionDeclaration.fileKey(option.name)) = anything\n"
    }
    #expect(environment.count > 10)
    _ = try values(load(environment: environment, files: ["/c": file]))
}

@Test func `what makes sense for one call only is not taken from the environment or the file`() {
    #expect(problems(load(environment: ["SLUICE_VERBOSE": "true"])) == ["SLUICE_VERBOSE: unknown environment variable"])
    #expect(
        problems(load(["--config", "/c"], files: ["/c": "check_config = true\nconfig = /d"])) == [
            "/c line 1: check_config: unknown name", "/c line 2: config: unknown name",
        ])
}

@Test func `a flag is never taken for the value of the one before it`() {
    #expect(problems(load(["--node-name", "--verbose"])) == ["--node-name: needs a value"])
    #expect(problems(load(["--loops", "-1"])) == ["--loops: must be an integer from 1 to 256, not \"-1\""])
}

@Test func `a flag or a name given twice is refused`() {
    #expect(problems(load(["--loops=1", "--loops=1"])) == ["--loops: is given twice"])
    #expect(
        problems(load(["--config=/c"], files: ["/c": "loops = 1\n\nloops=1"])) == [
            "/c line 3: loops: stands in line 1 already"
        ])
}

@Test func `a file that cannot be read stops the start`() {
    #expect(problems(load(["--config", "/none"])) == ["/none: cannot be read: No such file or directory"])
    let large = String(repeating: "#", count: 70_000)
    #expect(problems(load(["--config", "/c"], files: ["/c": large])) == ["/c: is larger than 65536 bytes"])
}

@Test func `a file has comments, blanks and line ends of both kinds`() throws {
    let file = "\r\n  # a comment\r\nloops=7\t# trailing\r\n\tnode_name  =  a#b  \r\n"
    #expect(problems(load(["--config=/c"], files: ["/c": file])).count == 1)
    let sound = try values(load(["--config=/c"], files: ["/c": "#x\r\nloops=7\t# y\r\n redis_url = unix:///h/#z \n"]))
    #expect(sound[KnownOptions.loops] == 7)
    #expect(sound[KnownOptions.redisURL] == "unix:///h/#z")
}

@Test func `secrets come from files too, and the stronger source wins`() throws {
    let files = ["/k": hexKey + "\n" + otherKey + "\n\n", "/t": "  \(token)  \n"]
    let sound = try values(
        load(["--ticket-key-file", "/k"], environment: ["SLUICE_ADMIN_TOKEN_FILE": "/t"], files: files))
    #expect(sound[KnownOptions.ticketKey].exposed.current.prefix(2) == [0x01, 0x23])
    #expect(sound[KnownOptions.ticketKey].exposed.previous?.prefix(2) == [0xFE, 0xDC])
    #expect(sound.optional(KnownOptions.adminToken)?.exposed == token)
    #expect(sound.source(of: KnownOptions.ticketKey) == .flag("--ticket-key-file"))
}

@Test func `a secret given twice in one place is refused`() {
    #expect(
        problems(load(["--ticket-key=\(hexKey)", "--ticket-key-file=/k"])) == [
            "--ticket-key: is given together with --ticket-key-file; give one of them"
        ])
}

@Test(arguments: [
    ("", "64 hex digits, and it is empty"), ("\n \n", "64 hex digits, and it is empty"),
    (String(hexKey.dropLast()), "63 characters"),
    (hexKey + "0", "65 characters"), (hexKey.dropLast() + "g", "something else in it"),
    (hexKey + "\n" + hexKey, "two different keys"), (hexKey + "\n" + otherKey + "\n" + hexKey, "it has 3"),
    (hexKey + "\nshort", "key 2 has 5 characters"),
])
func `a bad key file is reported with what is wrong, and never with what it holds`(content: String, says: String) {
    let found = problems(load(["--ticket-key-file", "/k"], files: ["/k": content]))
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("--ticket-key-file (/k): must be ") == true)
    #expect(found.first?.contains(says) == true, "\(found)")
    #expect(found.first?.contains("0123456789") == false)
}

@Test(arguments: ["", "short", token + "\n" + token, token + "é", String(repeating: "x", count: 513), "a b" + token])
func `a bad token is refused without being repeated`(content: String) {
    let found = problems(load(["--admin-token-file", "/t"], files: ["/t": content]))
    #expect(found.count == 1)
    #expect(found.first?.contains(token) == false)
    #expect(found.first?.contains("make one with") == true)
}

@Test func `passwords and hostile characters do not reach the terminal`() {
    let found = problems(load(["--redis-url=http://user:pass@h", "--node-name=\u{1B}[2J", "--\u{202E}x", "-xsecret"]))
    #expect(
        found == [
            "--?x: unknown flag", "-x: unknown flag; flags begin with --",
            "--redis-url: must be redis://[user[:password]@]host[:port][/database] or unix:///path/to/socket",
            "--node-name: must be 1 to 64 letters, digits, _ or -, not \"?[2J\"",
        ])
}

@Test func `a sink that is none is refused with the list of those there are`() {
    #expect(
        problems(load(["--sink", "kafka"])) == [
            "--sink: must be one of none, delay, webhook, postgres, not \"kafka\""
        ])
}

@Test func `rules between options are asked once every value is sound`() {
    #expect(problems(load(["--durability=replicated", "--loops=1"])) == ["--durability: needs two loops"])
    #expect(problems(load(["--durability=replicated", "--loops=x"])).count == 1)
}

@Test func `the effective configuration shows each source and no secret`() {
    let shown = page(
        load(
            ["--check-config", "--redis-url", "redis://u:pw@h:1/2"],
            environment: ["SLUICE_ADMIN_TOKEN": token, "SLUICE_LOOPS": "2"]))
    #expect(shown.contains("redis_url = redis://u:***@h:1/2  # flag --redis-url\n"))
    #expect(shown.contains("loops = 2  # environment SLUICE_LOOPS\n"))
    #expect(shown.contains("listen = 127.0.0.1:8080  # default\n"))
    #expect(shown.contains("admin_token = ***  # environment SLUICE_ADMIN_TOKEN\n"))
    #expect(shown.contains("# node_name is not set\n"))
    #expect(!shown.contains(token) && !shown.contains(hexKey) && !shown.contains("pw"))
}

@Test func `check-config refuses what run would refuse`() {
    #expect(problems(load(["--check-config", "--loops", "many"])).count == 1)
}

@Test func `help names every option in its spellings, and works whatever else is wrong`() {
    let help = page(load(["--help", "--loops", "many"], key: false))
    for option in schema.options where option.scope == .everywhere {
        #expect(help.contains("--\(option.name) "))
        #expect(help.contains(OptionDeclaration.environmentName(option.name)))
    }
    #expect(help.contains("--ticket-key-file"))
    #expect(help.contains("default: the cores of the machine (3)"))
    #expect(page(load(["-h"], key: false)) == page(load(["--help"], key: false)))
    #expect(page(load(["--version"], key: false)) == "sluice-test 1.2.3\n")
}

@Test func `a secret describes itself as a mask, also inside other values`() {
    let secret = Secret(token)
    var dumped = ""
    dump([secret], to: &dumped)
    for shown in ["\(secret)", String(reflecting: secret), "\([secret])", "\(Optional(secret) as Any)", dumped] {
        #expect(!shown.contains(token) && shown.contains("***"), "\(shown)")
    }
}

@Test func `every known option has its own name, and a default its own kind takes`() {
    #expect(Set(KnownOptions.all.flatMap(\.names)).count == KnownOptions.all.flatMap(\.names).count)
    for option in KnownOptions.all {
        #expect(OptionKind<String>.name.accepts(option.name))
        guard case .text(let text) = option.fallback else { continue }
        #expect(throws: Never.self) { try option.parse(text) }
    }
}

extension OptionKind {
    fileprivate func accepts(_ text: String) -> Bool { (try? parse(text)) != nil }
}

@Test(arguments: [
    ("127.0.0.1:8080", true), ("0.0.0.0:0", true), ("[::1]:65535", true), ("[::ffff:1.2.3.4]:1", true),
    ("localhost.:1", false), ("127.0.0.1", false), ("127.0.0.1:", false),
    ("127.0.0.1:65536", false), (":80", false),
    ("127.0.0.1:+1", false), ("127.0.0.1:-1", false), ("::1:80", false), ("[127.0.0.1]:1", false), ("1.2.3:1", false),
    ("[::1]", false), ("[::1:1", false), ("127.0.0.1: 1", false), ("", false), ("127.0.0.1:000001", false),
])
func `a listen address is numeric and has a port`(text: String, isTaken: Bool) {
    #expect((ListenAddress(text) != nil) == isTaken)
    if isTaken { #expect(ListenAddress(text)?.description == text) }
}

@Test func `localhost is the one name that is an address`() {
    #expect(ListenAddress("localhost:8080") == ListenAddress(host: "127.0.0.1", port: 8080))
}
