import Base
import TestKit
import Testing

extension EndToEnd {
    @Suite struct Settings {
        private let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        private func run(
            _ name: String, _ arguments: [String], environment: [String: String] = [:]
        ) throws -> (exit: Int32, text: String) {
            let program = try Program(name, arguments, environment: environment, log: directory.file("log"))
            let ended = try program.finish(within: .seconds(5))
            return (ended.exit, ended.output + program.log)
        }

        @Test(arguments: ["sluice-queue", "sluice-scheduler", "sluice-worker"])
        func `every problem of a configuration is named at once`(name: String) throws {
            let listen = name == "sluice-queue" ? "--listen" : "--ops-listen"
            let ended = try run(
                name, [listen, "nowhere", "--no-such-flag", "1"], environment: ["SLUICE_REDIS_URL": "gopher://x"])
            #expect(ended.exit == 64)
            #expect(ended.text.contains("no-such-flag"), "\(ended.text)")
            #expect(ended.text.contains("nowhere"), "\(ended.text)")
            // The value itself may hold a password, so it is not repeated.
            #expect(ended.text.contains("SLUICE_REDIS_URL"), "\(ended.text)")
            #expect(!ended.text.contains("gopher"), "\(ended.text)")
        }

        @Test func `a queue process without a ticket key doesn't start`() throws {
            let ended = try run("sluice-queue", ["--redis-url", "unix:///nowhere", "--listen", "127.0.0.1:0"])
            #expect(ended.exit == 64)
            #expect(ended.text.lowercased().contains("ticket"), "\(ended.text)")
        }

        @Test func `a webhook sink without its service, secret or key doesn't start, and reports all of it`() throws {
            let ended = try run("sluice-worker", ["--redis-url", "unix:///nowhere", "--sink", "webhook"])
            #expect(ended.exit == 64)
            for flag in ["--sink-url", "--sink-secret-file", "--ticket-key-file"] {
                #expect(ended.text.contains("\(flag): the webhook sink needs it"), "\(ended.text)")
            }
        }

        @Test func `the configuration is shown with its secrets masked`() throws {
            let key = String(repeating: "ab", count: 32)
            let keyFile = try directory.write(key + "\n", to: "key")
            let token = "a-secret-token-of-at-least-32-characters"
            let tokenFile = try directory.write(token + "\n", to: "token")
            let ended = try run(
                "sluice-queue",
                [
                    "--check-config", "--redis-url", "redis://:hush@127.0.0.1:1/0", "--ticket-key-file", keyFile,
                    "--admin-token-file", tokenFile, "--listen", "127.0.0.1:4711",
                ])
            #expect(ended.exit == 0, "\(ended.text)")
            #expect(ended.text.contains("127.0.0.1:4711"))
            for secret in [key, token, "hush"] { #expect(!ended.text.contains(secret)) }
        }

        @Test func `a Redis that may throw keys away is refused`() throws {
            let cluster = try Cluster(queues: 0, schedulers: 0, workers: 0)
            try BlockingRedis(socketPath: cluster.redis.socketPath)
                .command(["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"])
            let ended = try run("sluice-scheduler", ["--redis-url", cluster.redis.url, "--ops-listen", "127.0.0.1:0"])
            #expect(ended.exit == 64)
            #expect(ended.text.contains("noeviction"), "\(ended.text)")
        }
    }
}
