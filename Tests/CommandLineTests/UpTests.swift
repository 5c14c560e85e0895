import Base
import CLinux
import Glibc
import RedisClient
import TestKit
import Testing

@testable import CommandLineModule

private func nodes(_ folder: TemporaryDirectory) -> [JSONValue] {
    JSONValue(parsing: readFile(folder.path + "/data/nodes.json") ?? [])?.array ?? []
}

private func pid(_ name: String, _ folder: TemporaryDirectory) -> Int32? {
    nodes(folder).first { $0["name"]?.string == name }?["pid"]?.integer.map(Int32.init)
}

@Test func `up prints ready once when all serve, lists its nodes, and stops cleanly with 0`() throws {
    let folder = try TemporaryDirectory()
    let up = try RunningUp(in: folder, flags: ["--queues", "2", "--workers", "2"])
    let pids = up.serving(5)
    #expect(pids.count == 5)
    #expect(up.readyLines == ["ready http://127.0.0.1:1"])
    #expect(
        nodes(folder).map { $0["name"]?.string } == [
            "redis", "queue-1", "queue-2", "scheduler-1", "worker-1", "worker-2",
        ])
    #expect(nodes(folder).dropFirst().allSatisfy { $0["ops"]?.string == "http://127.0.0.1:3" })
    up.signal(SIGTERM)
    #expect(up.end() == 0)
    #expect(unsafe access(folder.path + "/data/nodes.json", F_OK) != 0)
}

@Test func `up starts a killed child again, and Redis too, and the list follows`() throws {
    let folder = try TemporaryDirectory()
    let up = try RunningUp(in: folder)
    _ = up.serving()
    let worker = try #require(pid("worker-1", folder))
    kill(worker, SIGKILL)
    let words = try #require(up.line(beginning: "serving worker-1")).split(separator: " ")
    #expect(pid("worker-1", folder) == Int32(words[2]))
    #expect(pid("worker-1", folder) != worker)
    let redis = try #require(pid("redis", folder))
    kill(redis, SIGKILL)
    #expect(up.line(beginning: #"{"event":"supervisor","level":"info","message":"serves again","node":"redis""#) != nil)
    #expect(pid("redis", folder) != redis)
    let socket = RedisEndpoint(address: .unix(path: folder.path + "/data/redis/redis.sock"))
    #expect(try BlockingRedis(socket, patience: .seconds(5)).call(["PING"]) == .status("PONG"))
    up.signal(SIGINT)
    #expect(up.end() == 0)
}

@Test func `all children and Redis end with an up that is killed, and the next one starts on the same data`() throws {
    let folder = try TemporaryDirectory()
    let up = try RunningUp(in: folder)
    #expect(up.serving().count == 3)
    let watches = nodes(folder).compactMap { $0["pid"]?.integer }.map { clinux_pidfd_open(Int32($0)) }
    #expect(watches.count == 4)
    #expect(watches.allSatisfy { $0 >= 0 })
    up.signal(SIGKILL)
    #expect(up.end() == -SIGKILL)
    let next = try RunningUp(in: folder)
    for watch in watches {
        #expect(RunningUp.isReadable(watch))
        close(watch)
    }
    #expect(next.serving().count == 3)
    next.signal(SIGTERM)
    #expect(next.end() == 0)
}

@Test func `a second up on the same folder is refused with the holder's pid`() throws {
    let folder = try TemporaryDirectory()
    let up = try RunningUp(in: folder)
    #expect(up.serving().count == 3)
    let second = try RunningUp(in: folder)
    #expect(second.line(beginning: "sluice:")?.contains("in use by process \(up.pid) ") == true)
    #expect(second.end() == 1)
    up.signal(SIGTERM)
    #expect(up.end() == 0)
}

@Test func `a module with bad configuration ends up with 64`() throws {
    let up = try RunningUp(in: TemporaryDirectory(), worker: "echo worker says why >&2; exit 64")
    #expect(up.line(beginning: "worker says why") != nil)
    #expect(up.end() == 64)
}

@Test func `a second signal ends at once with 130`() throws {
    let folder = try TemporaryDirectory()
    let up = try RunningUp(
        in: folder, worker: "trap '' TERM; echo 'ready ops=x'; echo deaf; while :; do sleep 0.02; done")
    #expect(up.line(beginning: "deaf") != nil)
    up.signal(SIGTERM)
    #expect(up.line(beginning: "stopped") != nil)
    up.signal(SIGINT)
    #expect(up.end() == 130)
}

@Test func `a folder whose name is too long for a socket serves all the same`() throws {
    let folder = try TemporaryDirectory()
    let up = try RunningUp(in: folder, data: String(repeating: "long", count: 40))
    #expect(up.serving().count == 3)
    up.signal(SIGTERM)
    #expect(up.end() == 0)
}

@Test func `a port in use is refused with the address`() throws {
    let listener = unsafe clinux_listen_tcp("127.0.0.1", 0, 1, 1)
    defer { close(listener) }
    let address = "127.0.0.1:\(clinux_bound_port(listener))"
    let up = try RunningUp(in: TemporaryDirectory(), flags: ["--listen", address])
    #expect(up.line(beginning: "sluice: cannot listen on \(address)") != nil)
    #expect(up.end() == 1)
}
