import Base
import Testing

@testable import Domain

private func name(_ text: String) throws -> ItemName { try #require(ItemName(text)) }

/// The store's clock at a moment: a quarter of a second ahead of whole seconds of ours.
private func store(_ milliseconds: Int64) -> WallInstant { WallInstant(milliseconds: 1_700_000_000_250 + milliseconds) }

extension SeriesSampling {
    fileprivate static func leading(at milliseconds: Int64 = 0) -> SeriesSampling {
        var sampling = SeriesSampling()
        sampling.begin(now: at(milliseconds), wall: store(milliseconds))
        return sampling
    }

    fileprivate mutating func change(_ item: ItemName, _ version: Int64, at time: Int64, incarnation: UInt64 = 1) {
        itemChanged(item, incarnation: incarnation, version: version, now: at(time))
    }

    fileprivate mutating func done(
        _ item: ItemName, _ version: Int64, at time: Int64, incarnation: UInt64 = 1, isWaiting: Bool = false
    ) {
        answered(
            item,
            .done(incarnation: incarnation, version: version, isWaiting: isWaiting, storeTime: store(time)),
            now: at(time))
    }
}

@Test func `an item that changed gets a point when the second of the store's clock ends, and one that rests gets none`()
    throws
{
    let item = try name("a")
    var sampling = SeriesSampling()
    sampling.change(item, 1, at: 0)
    #expect(sampling.nextCallAt == nil, "another process leads")
    sampling = .leading()
    sampling.change(item, 5, at: 100)
    #expect(sampling.nextCallAt == at(750))
    #expect(sampling.take(now: at(749)) == [])
    #expect(sampling.take(now: at(750)) == [item] && sampling.take(now: at(750)) == [])
    sampling.done(item, 6, at: 752)
    sampling.change(item, 6, at: 760)
    #expect(sampling.nextCallAt == nil, "the point shows that change")
    sampling.change(item, 7, at: 800)
    #expect(sampling.nextCallAt == at(1_750))
}

@Test func `an item in which purchases wait is looked at every second, as others may join them unannounced`() throws {
    let item = try name("a")
    var sampling = SeriesSampling.leading()
    sampling.change(item, 1, at: 0)
    for second in Int64(0)..<5 {
        #expect(sampling.take(now: at(750 + 1_000 * second)) == [item])
        sampling.done(item, 1, at: 751 + 1_000 * second, isWaiting: true)
    }
    #expect(sampling.take(now: at(5_750)) == [item])
    sampling.done(item, 2, at: 5_751)
    #expect(sampling.nextCallAt == nil, "the queue is empty: who comes next is announced")
}

@Test func `a busy item gets one point a second, whatever its answers take`() throws {
    let item = try name("busy")
    var sampling = SeriesSampling.leading()
    var points: [Int64] = []
    var answers: [(at: Int64, version: Int64)] = []
    for time in Int64(0)..<10_000 {
        sampling.change(item, time + 1, at: time)
        if let answer = answers.first, answer.at == time {
            answers.removeFirst()
            sampling.done(item, answer.version, at: time)
        }
        if let next = sampling.nextCallAt, next <= at(time), sampling.take(now: at(time)) == [item] {
            points.append(time)
            answers.append((time + 1 + time * 7 % 90, time + 1))
        }
    }
    #expect(points.count == 10)
    for (index, time) in points.enumerated() {
        #expect(abs(time - (750 + 1_000 * Int64(index))) < 100, "\(points)")
    }
}

@Test func `rounds move with the store's clock, and one that is nearly here is not a second one`() throws {
    let item = try name("a")
    var sampling = SeriesSampling()
    sampling.begin(now: at(0), wall: WallInstant(milliseconds: 1_700_000_000_000))
    sampling.change(item, 1, at: 0)
    #expect(sampling.nextCallAt == at(1_000))
    _ = sampling.take(now: at(1_000))
    // The store's clock is 50 ms behind ours: its second ends 50 ms after ours.
    sampling.answered(
        item,
        .done(incarnation: 1, version: 1, isWaiting: false, storeTime: WallInstant(milliseconds: 1_700_000_000_950)),
        now: at(1_000)
    )
    sampling.change(item, 2, at: 2_100)
    #expect(sampling.nextCallAt == at(3_050))
    sampling.change(item, 3, at: 2_980)
    _ = sampling.take(now: at(3_049))
    sampling = .leading(at: 700)
    sampling.change(item, 1, at: 700)
    #expect(sampling.nextCallAt == at(1_750), "the round of 750 is too near")
    // A clock that jumps, either way, moves the next rounds and nothing else.
    _ = sampling.take(now: at(1_750))
    for jump in [Int64(-86_400_000), 86_400_000] {
        sampling.answered(
            item,
            .done(
                incarnation: 1, version: 1, isWaiting: false,
                storeTime: WallInstant(milliseconds: 1_700_000_000_000 + jump)),
            now: at(1_760))
        sampling.change(item, 2 + jump, at: 1_770)
        let next = sampling.nextCallAt ?? at(2_760)
        #expect(next > at(1_770) && next <= at(2_871))
    }
}

@Test func `what failed gets its point in the next round, and what came meanwhile is not forgotten`() throws {
    let item = try name("a")
    var sampling = SeriesSampling.leading()
    sampling.change(item, 1, at: 0)
    _ = sampling.take(now: at(750))
    sampling.change(item, 2, at: 751)  // after the call was sent
    sampling.answered(item, .failed, now: at(760))
    #expect(sampling.nextCallAt == at(1_750))
    #expect(sampling.take(now: at(1_750)) == [item])
    sampling.done(item, 1, at: 1_751)
    #expect(sampling.take(now: at(2_750)) == [item], "version 2 was not seen")
}

@Test func `more items than a round takes have their turn in the next ones, a few calls at a time`() throws {
    let items = try (0..<Limits.itemsSampled * 2 + 100).map { try name("i\($0)") }
    var sampling = SeriesSampling.leading()
    for item in items { sampling.change(item, 1, at: 0) }
    var order: [ItemName] = []
    for round in Int64(0)..<3 {
        let time = 750 + 1_000 * round
        #expect(sampling.nextCallAt == at(time))
        var count = 0
        while true {
            let taken = sampling.take(now: at(time))
            if taken.isEmpty { break }
            #expect(taken.count <= Limits.itemsSampledAtOnce)
            #expect(taken.count < Limits.itemsSampledAtOnce || sampling.take(now: at(time)) == [])
            for item in taken {
                // The first of all change all the time, and wait behind those that had no turn yet.
                sampling.change(item, 2, at: time)
                sampling.done(item, 1, at: time)
            }
            order += taken
            count += taken.count
        }
        #expect(count == Limits.itemsSampled)
    }
    #expect(Array(order.prefix(items.count)) == items)
}

@Test func `a new term knows nothing, and answers of the last one do no harm`() throws {
    let items = try (0..<200).map { try name("i\($0)") }
    var sampling = SeriesSampling.leading()
    for item in items { sampling.change(item, 1, at: 0) }
    let first = sampling.take(now: at(750))
    #expect(first.count == Limits.itemsSampledAtOnce)
    sampling.end()
    #expect(sampling.nextCallAt == nil)
    sampling.begin(now: at(800), wall: store(800))
    for item in first { sampling.done(item, 1, at: 801) }
    for item in items { sampling.change(item, 1, at: 810) }
    var taken: [ItemName] = []
    while case let more = sampling.take(now: at(1_750)), !more.isEmpty {
        taken += more
        for item in more { sampling.done(item, 1, at: 1_751) }
    }
    #expect(taken == items && sampling.nextCallAt == nil)
}

@Test func `an item that is gone is forgotten, and one of its name that is made again gets points`() throws {
    let item = try name("a")
    var sampling = SeriesSampling.leading()
    sampling.change(item, 900, at: 0)
    _ = sampling.take(now: at(750))
    sampling.answered(item, .gone, now: at(751))
    #expect(sampling.nextCallAt == nil)
    sampling.change(item, 1, at: 760, incarnation: 2)
    #expect(sampling.take(now: at(1_750)) == [item])
    sampling.done(item, 1, at: 1_751, incarnation: 2)
    sampling.change(item, 2, at: 1_760, incarnation: 2)
    // Deleted and made again between the notification and the call: what is there counts.
    _ = sampling.take(now: at(2_750))
    sampling.done(item, 1, at: 2_751, incarnation: 3)
    #expect(sampling.nextCallAt == nil)
}

@Test func `arrivals are the difference to the point before, and never below zero`() {
    func point(_ arrived: Int64, waiting: Int64, most: Int64) -> SeriesPoint {
        SeriesPoint(second: 9, arrived: arrived, waiting: waiting, mostWaiting: most, sold: 0, held: 0, free: 0)
    }
    let (before, after) = (point(10, waiting: 7, most: 8), point(15, waiting: 2, most: 6))
    #expect(after.arrivals(since: before) == 5 && before.arrivals(since: after) == 0)
    #expect(after.mostWaiting(since: before) == 7, "they waited when the step began")
    #expect(before.mostWaiting(since: after) == 8)
}
