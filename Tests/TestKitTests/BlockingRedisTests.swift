import Base
import Testing

@testable import TestKit

@Suite(.timeLimit(.minutes(1))) struct BlockingRedisTests {
    @Test func `reads every kind of reply`() throws {
        let server = try RedisServerProcess()
        defer { server.kill9() }
        let redis = try BlockingRedis(socketPath: server.socketPath)
        #expect(try redis.command(["SET", "k", "a\r\nb"]) == .text("OK"))
        #expect(try redis.command(["GET", "k"]) == .text("a\r\nb"))
        #expect(try redis.command(["GET", "none"]) == .null)
        #expect(try redis.command(["INCR", "n"]) == .integer(1))
        #expect(try redis.command(["MGET", "n", "none"]) == .array([.text("1"), .null]))
        guard case .error(let text) = try redis.command(["NONSENSE"]) else {
            Issue.record("no error")
            return
        }
        #expect(text.hasPrefix("ERR"))
    }

    @Test func `counts a script as one call, and its inner commands apart`() throws {
        let server = try RedisServerProcess()
        defer { server.kill9() }
        let redis = try BlockingRedis(socketPath: server.socketPath)
        let before = try redis.callsByCommand()
        let counter = try CallCounter(socketPath: server.socketPath)
        for _ in 0..<3 {
            try redis.command(["EVAL", "redis.call('SET', KEYS[1], 'v'); return redis.call('GET', KEYS[1])", "1", "k"])
        }
        let calls = try counter.finish()
        let after = try redis.callsByCommand()
        #expect(calls.count == 3)
        #expect(calls.allSatisfy { $0.lowercased().contains("\"eval\"") })
        #expect((after["get"] ?? 0) - (before["get"] ?? 0) == 3)
        #expect((after["eval"] ?? 0) - (before["eval"] ?? 0) == 3)
    }
}
