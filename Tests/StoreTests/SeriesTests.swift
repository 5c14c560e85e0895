import Base
import Domain
import RedisClient
import Testing

@testable import Store

// The series of items: points by the second and by the minute.

private let hour: Int64 = 3_600

extension Rig {
    @discardableResult
    fileprivate func sample(_ item: ItemReference, term: Int64 = 1) throws -> Store.Sampling {
        try answer { store.sample(item, term: term, completion: $0) }
    }

    /// All points of a series, from however many pages.
    fileprivate func series(
        of item: ItemReference, _ step: SeriesStep = .second, in seconds: ClosedRange<Int64> = 1...Int64(UInt32.max)
    ) throws -> (before: SeriesPoint?, points: [SeriesPoint]) {
        var (first, points, next) = (SeriesPoint?.none, [SeriesPoint](), seconds.lowerBound)
        while true {
            let page = try answer {
                store.series(of: item.keys, incarnation: nil, step, in: next...seconds.upperBound, completion: $0)
            }
            if points.isEmpty { first = page.before } else { #expect(page.before == points.last) }
            points += page.points
            guard page.isMoreLeft, let last = points.last else { return (first, points) }
            #expect(page.points.count == Limits.seriesRead)
            next = last.second + 1
        }
    }

    fileprivate func key(of item: ItemReference, _ step: SeriesStep) -> String {
        String(decoding: item.keys.series(step), as: UTF8.self)
    }

    /// Moves the times of all points: to the store, it is as if its clock had been moved the other way.
    fileprivate func shift(_ item: ItemReference, by seconds: Int64) throws {
        let script = """
            for _, key in ipairs(KEYS) do for at = 1, redis.call('LLEN', key) - 1 do
            local point = redis.call('LINDEX', key, at)
            local time = struct.pack('>I4', struct.unpack('>I4', point) + ARGV[1])
            redis.call('LSET', key, at, time .. string.sub(point, 5))
            end end
            """
        _ = try raw("EVAL", script, "2", key(of: item, .second), key(of: item, .minute), "\(seconds)")
    }

    /// Appends points to both lists, `count` of them, one for each step before `end`.
    fileprivate func append(_ count: Int, to item: ItemReference, _ step: SeriesStep, before end: Int64) throws {
        let script = """
            for at = 1, tonumber(ARGV[1]) do
            local time = ARGV[2] - (ARGV[1] - at + 1) * ARGV[3]
            redis.call('RPUSH', KEYS[1], struct.pack('>I4I4I4I4I4I4I4', time, at, 0, 0, 0, 0, 5))
            end
            """
        _ = try raw("EVAL", script, "1", key(of: item, step), "\(count)", "\(end)", "\(step.seconds)")
    }

    fileprivate var now: Int64 {
        get throws { try answer { store.clock(completion: $0) }.milliseconds / 1_000 }
    }
}

@Test func `a point has what the item has at that moment, by the second and by the minute`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 5)
    #expect(try rig.series(of: item).before == nil)
    guard case .done(let incarnation, let version, 0, let time, true) = try rig.sample(item) else {
        throw Rig.NoAnswer()
    }
    #expect(incarnation == Rig.incarnation)
    #expect(try version == rig.counters(item).version)
    let first = try #require(try rig.series(of: item).points.first)
    #expect(first.second >= time.milliseconds / 1_000 - 1 && first.second <= time.milliseconds / 1_000)
    #expect(first.free == 5 && first.arrived == 0)
    try rig.fill(9, into: item)
    try rig.deduct(2, from: item)
    try rig.deduct(1, from: item, hasSink: true)
    try rig.shift(item, by: -10)
    try rig.sample(item)
    let (before, points) = try rig.series(of: item)
    #expect(before?.isBeforeAll == true && points.count == 2)
    let last = points[1]
    #expect(last.arrived == 9 && last.waiting == 6 && last.mostWaiting == 6)
    #expect(last.sold == 2 && last.held == 1 && last.free == 2)
    #expect(last.arrivals(since: points[0]) == 9)
    var minute = try #require(try rig.series(of: item, .minute).points.last)
    #expect(minute.second % 60 == 0 && minute.second <= last.second && minute.second > last.second - 70)
    minute.second = last.second
    #expect(minute == last)
}

@Test func `an item in which nothing changed gets no point, and the same second gets one`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 5)
    try rig.sample(item)
    guard case .done(_, _, _, _, isWritten: false) = try rig.sample(item) else { throw Rig.NoAnswer() }
    // What a later process does: the points of the second before are as they were.
    try rig.shift(item, by: 1)
    for count in 1...4 {
        try rig.fill(count, into: item, prefix: "\(count)-")
        try rig.sample(item)
    }
    try rig.deduct(3, from: item)
    try rig.sample(item)
    for step in SeriesStep.allCases {
        let points = try rig.series(of: item, step).points
        #expect(points.last?.arrived == 10 && points.last?.waiting == 7)
        #expect(points.reduce(0) { max($0, $1.mostWaiting) } == 10, "\(points)")
        #expect(step == .second || points.count <= 2)
    }
}

@Test func `sequences that were left out are no arrivals`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 50)
    try rig.fill(4, into: item)
    try rig.sample(item)
    for life in 1...2 {
        _ = try rig.raw("HSET", String(decoding: item.keys.meta, as: UTF8.self), "boot", "an earlier life")
        try rig.reopen(item, skipping: 1_000)
        try rig.fill(3, into: item, prefix: "\(life)-")
    }
    try rig.sample(item)
    let last = try #require(try rig.series(of: item).points.last)
    #expect(last.arrived == 10 && last.waiting == 10)
    #expect(try rig.counters(item).tail == 2_010)
}

@Test func `a leader whose term is over writes nothing`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 5)
    try rig.sample(item, term: 7)
    try rig.fill(2, into: item)
    #expect(try rig.sample(item, term: 6) == .outdated)
    #expect(try rig.series(of: item).points.last?.arrived == 0)
    // A leader that comes in the middle of a minute goes on where the other was, and what is written twice is the same.
    for _ in 1...2 { try rig.sample(item, term: 8) }
    #expect(try rig.sample(item, term: 7) == .outdated)
    for step in SeriesStep.allCases { #expect(try rig.series(of: item, step).points.last?.arrived == 2) }
}

@Test func `a clock that is set back loses no purchase, and leaves the points in order`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 5)
    try rig.sample(item)
    // By a little: the last point is written over until the clock is there again.
    try rig.shift(item, by: 20)
    try rig.fill(2, into: item)
    try rig.sample(item)
    let ahead = try rig.series(of: item).points
    let behind = try rig.now
    #expect(ahead.count == 1 && ahead[0].arrived == 2 && ahead[0].second >= behind + 18)
    // By much: what is ahead of the clock goes, and is counted by the next point.
    try rig.append(30, to: item, .second, before: try rig.now + 2 * hour)
    try rig.append(30, to: item, .minute, before: try rig.now + 2 * hour)
    try rig.shift(item, by: -21)
    try rig.fill(3, into: item, prefix: "v")
    try rig.sample(item)
    let now = try rig.now
    for step in SeriesStep.allCases {
        let (before, points) = try rig.series(of: item, step)
        #expect(zip(points, points.dropFirst()).allSatisfy { $0.second < $1.second }, "\(points)")
        #expect(points.allSatisfy { $0.second <= now })
        #expect(points.last?.arrived == 5 && before?.arrived == 0)
    }
    // Ahead: a gap, and the next point behind it.
    try rig.shift(item, by: -5 * hour)
    try rig.fill(1, into: item, prefix: "w")
    try rig.sample(item)
    let points = try rig.series(of: item).points
    #expect(points.last?.arrived == 6 && points.last.map { $0.second - 4 * hour > points[0].second } == true)
}

@Test(arguments: SeriesStep.allCases)
func `the oldest points go when a series is full, and what they counted is known`(step: SeriesStep) throws {
    let rig = try Rig()
    let item = try rig.item(stock: 5)
    try rig.sample(item)
    try rig.shift(item, by: -2_000_000)
    try rig.append(step.kept - 1, to: item, step, before: try rig.now - 120)
    #expect(try rig.series(of: item, step).points.count == step.kept)
    try rig.fill(5, into: item)
    try rig.sample(item)
    let (before, points) = try rig.series(of: item, step)
    #expect(points.count == step.kept && before?.isBeforeAll == false && before?.arrived == 0)
    #expect(points.first?.arrived == 1 && points.last?.waiting == 5)
    let bytes = try rig.raw("MEMORY", "USAGE", rig.key(of: item, step)).integer ?? 0
    #expect(bytes > 0 && bytes < Int64(33 * step.kept), "\(bytes)")
    let ttl = try rig.raw("TTL", rig.key(of: item, step)).integer ?? 0
    #expect(ttl > 7 * 86_400 && ttl <= Limits.seriesKept.wholeMilliseconds / 1_000)
    // A part of it, with the point before.
    let (start, end) = (points[600].second, points[1_700].second)
    let part = try rig.series(of: item, step, in: start...end)
    #expect(part.before == points[599] && part.points == Array(points[600...1_700]))
    #expect(try rig.series(of: item, step, in: start + 1...start + 1).points == (step == .second ? [points[601]] : []))
    #expect(try rig.series(of: item, step, in: 1...5).points == [])
}

@Test func `an item that is deleted and made again begins a series of its own`() throws {
    let rig = try Rig()
    let old = try rig.item(stock: 5)
    try rig.fill(4, into: old)
    try rig.sample(old, term: 9)
    #expect(try rig.answer { rig.store.delete(old, isForced: true, completion: $0) } == .deleted)
    for step in SeriesStep.allCases { #expect(try rig.raw("EXISTS", rig.key(of: old, step)) == .integer(0)) }
    #expect(try rig.failure { rig.store.sample(old, term: 9, completion: $0) } == .unknownItem)
    var change = ItemChange()
    change.stock = 3
    _ = try rig.answer {
        rig.store.put(old.keys, change, incarnation: Rig.incarnation + 1, salt: Rig.salt, completion: $0)
    }
    #expect(try rig.series(of: old).before == nil)
    #expect(
        try rig.failure {
            rig.store.series(of: old.keys, incarnation: Rig.incarnation, .second, in: 1...9, completion: $0)
        } == .otherIncarnation)
    let new = ItemReference(old.keys, incarnation: Rig.incarnation + 1)
    try rig.sample(new)
    #expect(try rig.series(of: new).points.map(\.free) == [3])
}

@Test func `what came before an item was followed is no arrival, and what came before the first point is`() throws {
    let rig = try Rig()
    let (old, new) = (try rig.item("old", stock: 5), try rig.item("new", stock: 5))
    for item in [old, new] { try rig.fill(4, into: item) }
    // As an earlier release made it; and one whose points have expired.
    _ = try rig.raw("HDEL", String(decoding: old.keys.meta, as: UTF8.self), "sampled")
    try rig.sample(old)
    try rig.sample(new)
    for (item, arrivals) in [(old, Int64(0)), (new, 4)] {
        let (before, points) = try rig.series(of: item)
        #expect(points[0].arrivals(since: try #require(before)) == arrivals)
    }
    _ = try rig.raw("DEL", rig.key(of: new, .second), rig.key(of: new, .minute))
    try rig.fill(1, into: new, prefix: "v")
    try rig.sample(new)
    let (before, points) = try rig.series(of: new)
    #expect(before?.arrived == 5 && points.map(\.arrived) == [5])
}

@Test func `a key of another type fails both scripts, and nothing is written`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 5)
    for step in SeriesStep.allCases {
        let (key, other) = (rig.key(of: item, step), rig.key(of: item, step == .second ? .minute : .second))
        _ = try rig.raw("SET", key, "x")
        #expect(try rig.failure { rig.store.sample(item, term: 1, completion: $0) } != nil)
        #expect(
            try rig.failure { rig.store.series(of: item.keys, incarnation: nil, step, in: 1...9, completion: $0) }
                != nil)
        #expect(try rig.raw("EXISTS", other) == .integer(0))
        #expect(try rig.raw("GET", key) == .bytes(Array("x".utf8)))
        _ = try rig.raw("DEL", key)
    }
    let gone = ItemReference(ItemKeys(try #require(ItemName("gone"))), incarnation: nil)
    #expect(try rig.failure { rig.store.sample(gone, term: 1, completion: $0) } == .unknownItem)
    #expect(
        try rig.failure { rig.store.series(of: gone.keys, incarnation: nil, .second, in: 1...9, completion: $0) }
            == .unknownItem)
}
