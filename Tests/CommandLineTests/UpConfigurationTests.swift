import Operations
import Testing

@testable import CommandLineModule

private func configuration(_ line: String, _ environment: [String: String] = [:]) throws -> UpConfiguration {
    let words = line.split(separator: " ").map(String.init)
    guard case .run(let invocation) = try ArgumentParser(environment: environment).parse(words) else {
        throw Failure(.failed, "help instead of a command")
    }
    return UpConfiguration(invocation, binaries: "/bin-dir")
}

private func surroundings(_ url: String = "unix:///d/redis/redis.sock") -> UpConfiguration.Surroundings {
    UpConfiguration.Surroundings(
        redisURL: url, redisConfiguration: "/d/redis/redis.conf", ticketKeyFile: "/d/ticket-key",
        adminTokenFile: "/d/admin-token", listen: ListenAddress(host: "127.0.0.1", port: 80),
        adminListen: ListenAddress(host: "127.0.0.1", port: 81))
}

@Test func `queues share the public port, and the first alone has the admin port`() throws {
    let up = try configuration("up --queues 2 --loops 3")
    func flags(_ node: Node) -> String { up.arguments(node, in: surroundings()).joined(separator: " ") }
    for index in [1, 2] { #expect(flags(Node(.queue, index)).contains("--listen 127.0.0.1:80 ")) }
    #expect(flags(Node(.queue, 1)).contains("--admin-listen 127.0.0.1:81 "))
    #expect(flags(Node(.queue, 2)).contains("--admin-listen 127.0.0.1:0 "))
    #expect(flags(Node(.queue, 2)).contains("--node-name queue-2 "))
    #expect(flags(Node(.redis)) == "redis-server /d/redis/redis.conf")
}

@Test func `what up takes for its modules reaches them by the environment, under its own name`() throws {
    let up = try configuration("up --loops 3 --sink delay --delay-ms 20", ["SLUICE_DELAY_SLOTS": "4"])
    let expected = [
        "SLUICE_LOOPS": "3", "SLUICE_SINK": "delay", "SLUICE_DELAY_MS": "20", "SLUICE_DELAY_SLOTS": "4",
        "SLUICE_OPS_LISTEN": "127.0.0.1:0",
    ]
    #expect(up.environment(["SLUICE_DELAY_SLOTS": "4"], in: surroundings()) == expected)
    #expect(!up.arguments(Node(.worker), in: surroundings()).contains("--sink"))
}

@Test func `every option of a module that up takes is handed on, or decided by up`() throws {
    let modules = KnownOptions.queue + KnownOptions.queueSecrets + KnownOptions.scheduler + KnownOptions.worker
    let decided = ["redis-url", "listen", "admin-listen", "ticket-key-file", "admin-token-file"]
    for option in Catalogue.up.options where modules.contains(where: { $0.names.contains(option.name) }) {
        guard !decided.contains(option.name) else { continue }
        let texts = [
            "7", "1000", "true", "safe", "delay", "debug", "manual", "https://h/", "postgresql://h/d", "[::1]:0",
            "https://shop.example",
        ]
        let value = try #require(texts.first { option.problem(with: $0) == nil }, "a value for --\(option.name)")
        let up = try configuration("up --\(option.name)=\(value)")
        #expect(up.environment([:], in: surroundings())[option.environmentName] != nil, "--\(option.name)")
    }
}

@Test func `what stands behind the sink comes from the environment, and its workers get the ticket key`() throws {
    let up = try configuration(
        "up --sink webhook --sink-url https://shop/orders?key=x --breaker manual",
        ["SLUICE_SINK_SECRET_FILE": "/s", "SLUICE_SINK_GROUP": "shop", "SLUICE_SINK_SECRET": "stays"])
    let worker = up.arguments(Node(.worker), in: surroundings()).joined(separator: " ")
    #expect(worker.hasSuffix("--ticket-key-file /d/ticket-key"))
    #expect(!up.arguments(Node(.scheduler), in: surroundings()).contains("--ticket-key-file"))
    let own = ["SLUICE_SINK_SECRET_FILE": "/s", "SLUICE_SINK_GROUP": "shop", "SLUICE_SINK_SECRET": "stays"]
    let expected = own.merging(
        [
            "SLUICE_SINK": "webhook", "SLUICE_SINK_URL": "https://shop/orders?key=x", "SLUICE_BREAKER": "manual",
            "SLUICE_OPS_LISTEN": "127.0.0.1:0",
        ], uniquingKeysWith: { $1 })
    #expect(up.environment(own, in: surroundings()) == expected)
    let plain = try configuration("up --sink delay")
    #expect(!plain.arguments(Node(.worker), in: surroundings()).contains("--ticket-key-file"))
}

@Test func `a Redis password is on no command line, but in the environment`() throws {
    let up = try configuration("up --redis-url redis://:secret@db:6379/0")
    let around = surroundings("redis://:secret@db:6379/0")
    for role in [Node.Role.queue, .scheduler, .worker] {
        #expect(!up.arguments(Node(role), in: around).joined().contains("secret"))
    }
    #expect(up.environment([:], in: around)["SLUICE_REDIS_URL"] == "redis://:secret@db:6379/0")
}

@Test func `what up has read is taken out of the children's environment, what it does not know stays`() throws {
    let up = try configuration("up")
    let own = ["SLUICE_DATA": "/d", "SLUICE_LISTEN": "x", "SLUICE_BIN_DIR": "b", "SLUICE_OTHER": "y", "PATH": "/bin"]
    let expected = ["SLUICE_OTHER": "y", "PATH": "/bin", "SLUICE_OPS_LISTEN": "127.0.0.1:0"]
    #expect(up.environment(own, in: surroundings()) == expected)
}

@Test func `what the modules share reaches them by the environment, a flag before a variable`() throws {
    let up = try configuration("up --durability safe --lease-ms 900", ["SLUICE_LEASE_MS": "800"])
    let result = up.environment(["SLUICE_LEASE_MS": "800", "SLUICE_OPS_LISTEN": "0.0.0.0:1"], in: surroundings())
    #expect(result == ["SLUICE_DURABILITY": "safe", "SLUICE_LEASE_MS": "900", "SLUICE_OPS_LISTEN": "127.0.0.1:0"])
    #expect(up.isFsyncAlways)
}
