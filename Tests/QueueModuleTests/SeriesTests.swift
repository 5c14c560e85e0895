import Base
import Domain
import Foundation
import Store
import TestKit
import Testing

@testable import QueueModule

private struct SeriesBody: Codable, Equatable {
    struct Point: Codable, Equatable {
        var at: String
        var waiting: Int64
        var sold: Int64
        var held: Int64
        var stockLeft: Int64
        var arrivals: Int64?
        var mostWaiting: Int64?
    }

    var item: String
    var stepMs: Int64
    var from: String
    var to: String
    var before: Point?
    var points: [Point]
}

extension QueueRig {
    fileprivate func series(_ query: String = "") throws -> SeriesBody {
        let reply = try administer("GET", "/admin/v1/items/demo/series\(query)")
        try #require(reply.status == 200, "\(reply)")
        #expect(reply.header("Content-Type") == "application/json" && reply.header("Cache-Control") == "no-store")
        return try reply.json()
    }

    fileprivate func sample() throws {
        let item = try reference("demo")
        _ = try result { other.sample(item, term: 1, completion: $0) }
    }

    /// Puts `count` points into the item's series, one for each second from `first` on, in each of which one came.
    fileprivate func fill(_ count: Int, from first: Int64) throws {
        let redis = try BlockingRedis(socketPath: server.socketPath)
        let script = """
            for n = 1, tonumber(ARGV[1]) do
            redis.call('RPUSH', KEYS[1], struct.pack('>I4I4I4I4I4I4I4', ARGV[2] + n - 1, n, n, n, 0, 0, 9))
            end
            """
        try redis.command(["EVAL", script, "1", "sluice:{demo}:series:s", "\(count)", "\(first)"])
    }
}

@Test func `an item's series shows what came and where it stood, with the point before`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":7}"#)
    #expect(try rig.series().points == [] && rig.series().before == nil)
    for user in ["a", "b", "c"] { #expect(try rig.buy(user).status == 202) }
    try rig.sample()
    let body = try rig.series()
    #expect(body.item == "demo" && body.stepMs == 1_000 && body.before == nil && body.points.count == 1)
    let point = body.points[0]
    #expect(point.arrivals == 3 && point.waiting == 3 && point.mostWaiting == 3 && point.stockLeft == 7)
    #expect(point.sold == 0 && point.held == 0)
    let (from, to) = (try #require(RFC3339.parse(body.from)), try #require(RFC3339.parse(body.to)))
    #expect(to - from == .seconds(3_599))
    let at = try #require(RFC3339.parse(point.at))
    #expect(at <= to && to - at <= .seconds(20))
    let minutes = try rig.series("?step=1m")
    #expect(minutes.stepMs == 60_000 && minutes.points.map(\.arrivals) == [3])
    // Later: nothing happened since, and where it stood is known.
    let later = try rig.series("?from=2100-01-01T00:00:00Z&to=2100-01-01T00:00:00.5Z")
    #expect(later.points == [] && later.before?.waiting == 3 && later.before?.arrivals == nil)
    #expect(later.from == "2100-01-01T00:00:00.000Z" && later.to == later.from)
}

@Test func `a long series comes in parts, whole, and its arrivals add up`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":9}"#)
    try rig.sample()
    let first: Int64 = 4_000_000_000  // seconds, behind all that is real
    try rig.fill(2_000, from: first)
    func time(_ second: Int64) -> String {
        var buffer = ByteBuffer()
        buffer.append(rfc3339: WallInstant(milliseconds: second * 1_000))
        return String(decoding: buffer.bytes, as: UTF8.self)
    }
    let body = try rig.series("?from=\(time(first))&to=\(time(first + 1_999))")
    #expect(body.points.count == 2_000 && body.points.allSatisfy { $0.arrivals == 1 })
    #expect(body.points.map(\.at) == (0..<2_000).map { time(first + $0) })
    let part = try rig.series("?from=\(time(first + 512))&to=\(time(first + 1_023))")
    #expect(part.points == Array(body.points[512..<1_024]) && part.before?.waiting == 512)
}

@Test(arguments: [
    ("from=yesterday", "from must be a time"), ("to=2026-11-11", "to must be a time"), ("step=2s", "step is 1s or 1m"),
    ("step=1s&step=1m", "step is given twice"), ("since=1", "since is not known"), ("from=%zz", "from is not escaped"),
    ("from=2026-11-11T00:00:01Z&to=2026-11-11T00:00:00Z", "from must not be later"),
    ("from=2026-11-11T00:00:00.1Z&to=2026-11-11T00:00:00.9Z", "no second begins"), ("step=", "step is 1s or 1m"),
])
func `what is wrong with a question for a series is named`(query: String, reason: String) throws {
    let rig = try QueueRig()
    try rig.put()
    let refused = try rig.administer("GET", "/admin/v1/items/demo/series?\(query)")
    #expect(refused.status == 400 && refused.code == "invalid-request", "\(refused)")
    #expect(refused.problem?.detail?.contains(reason) == true, "\(refused)")
}

@Test func `a series is for operators, and of items that there are`() throws {
    let rig = try QueueRig()
    #expect(try rig.administer("GET", "/admin/v1/items/demo/series", headers: []).status == 401)
    #expect(try rig.administer("GET", "/admin/v1/items/demo/series").code == "unknown-item")
    #expect(try rig.administer("POST", "/admin/v1/items/demo/series", json: "{}").status == 405)
}
