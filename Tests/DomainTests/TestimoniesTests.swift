import Base
import Domain
import Testing

@Suite struct TestimoniesTests {
    private func read(_ life: String, _ version: Int64, _ tail: Int64 = 0) -> Testimonies {
        var testimonies = Testimonies()
        testimonies.read(life: life, version: version, tail: tail, news: 0, isFollowed: true)
        return testimonies
    }

    @Test func `what is heard counts for the life that was read, until the first interruption`() {
        var testimonies = read("a", 5, 2)
        testimonies.heard(version: 7, tail: 4)
        testimonies.heard(version: 6, tail: 9)
        #expect(testimonies.due == [Testimony(life: "a", version: 7, tail: 9)])
        testimonies.interrupt()
        testimonies.heard(version: 99, tail: 99)
        #expect(testimonies.due == [Testimony(life: "a", version: 7, tail: 9)])
        testimonies.read(life: "a", version: 20, tail: 10, news: 0, isFollowed: true)
        testimonies.heard(version: 21, tail: 11)
        #expect(testimonies.due == [Testimony(life: "a", version: 21, tail: 11)])
    }

    @Test func `a read while messages are not followed opens nothing`() {
        var testimonies = read("a", 5)
        testimonies.interrupt()
        testimonies.read(life: "a", version: 6, tail: 0, news: 0, isFollowed: false)
        testimonies.heard(version: 9, tail: 9)
        #expect(testimonies.latest == Testimony(life: "a", version: 6, tail: 0))
    }

    @Test func `a read that is older than what was said of another life opens nothing`() {
        var testimonies = read("a", 5)
        testimonies.doubt(at: 4)
        testimonies.read(life: "a", version: 6, tail: 0, news: 3, isFollowed: true)
        testimonies.heard(version: 9, tail: 9)
        #expect(testimonies.latest == Testimony(life: "a", version: 6, tail: 0))
        testimonies.read(life: "a", version: 7, tail: 0, news: 4, isFollowed: true)
        testimonies.heard(version: 9, tail: 9)
        #expect(testimonies.latest == Testimony(life: "a", version: 9, tail: 9))
    }

    @Test func `a life that is over is owed until the store was told, however often the item is read`() {
        var testimonies = read("a", 5)
        for version: Int64 in 3...6 {
            testimonies.read(life: "b", version: version, tail: 0, news: 0, isFollowed: true)
        }
        #expect(testimonies.owed == [Testimony(life: "a", version: 5, tail: 0)])
        testimonies.read(life: "c", version: 9, tail: 0, news: 0, isFollowed: true)
        #expect(testimonies.owed.map(\.life) == ["a", "b"] && testimonies.due.map(\.life) == ["a", "b", "c"])
        for testimony in testimonies.owed { testimonies.delivered(testimony) }
        #expect(testimonies.owed.isEmpty && testimonies.due.map(\.life) == ["c"])
    }

    @Test func `what was told before the next read is not told again, unless more was seen`() {
        var testimonies = read("a", 5)
        testimonies.interrupt()
        testimonies.delivered(Testimony(life: "a", version: 5, tail: 0))
        #expect(testimonies.due.isEmpty)
        var same = testimonies
        same.read(life: "b", version: 6, tail: 0, news: 0, isFollowed: true)
        #expect(same.owed.isEmpty)
        testimonies.read(life: "a", version: 7, tail: 1, news: 0, isFollowed: true)
        testimonies.read(life: "b", version: 8, tail: 1, news: 0, isFollowed: true)
        #expect(testimonies.owed == [Testimony(life: "a", version: 7, tail: 1)])
    }

    @Test func `lives that nobody took are bounded`() {
        var testimonies = Testimonies()
        for life in 0..<100 { testimonies.read(life: "\(life)", version: 1, tail: 0, news: 0, isFollowed: true) }
        #expect(testimonies.owed.count == 8 && testimonies.owed.last?.life == "98")
    }

    // MARK: A clean restart, whatever comes first

    /// What a view may hear around a clean restart of the store that had kept version 10 of life "a"; life "b" begins
    /// with 11. Each list keeps its order, as things that come over one connection do.
    private enum Event: CaseIterable {
        case lastMessage, messagesEnd, reopened, sold  // over the connection of messages
        case lastReply, storeEnds, readBefore, admittedAfter, readAfter  // over that of calls
    }

    private static func interleavings(_ left: [Event], _ right: [Event]) -> [[Event]] {
        guard let first = left.first, let second = right.first else { return [left + right] }
        return interleavings(Array(left.dropFirst()), right).map { [first] + $0 }
            + interleavings(left, Array(right.dropFirst())).map { [second] + $0 }
    }

    private func perform(_ event: Event, on view: ItemView) {
        switch event {
        case .lastMessage: view.apply(news(version: 10, news: 10) { $0.tail = 10 }, now: at(1))
        case .messagesEnd, .storeEnds: view.interrupt()
        // The leader lets the item go on: a message of settings, and what follows.
        case .reopened: view.apply(news("C", version: 11, news: 11) { $0.tail = 10 }, now: at(2))
        case .sold: view.apply(news(version: 13, news: 12) { $0.tail = 11 }, now: at(3))
        case .lastReply: view.applyAdmission(version: 10, head: 0, tail: 10, free: 0, largest: 1, boot: "a", now: at(1))
        case .readBefore:
            view.apply(snapshot(version: 10, news: 10, boot: "a") { $0.tail = 10 }, isFollowed: true, now: at(2))
        case .admittedAfter:
            view.applyAdmission(version: 12, head: 0, tail: 11, free: 0, largest: 1, boot: "b", now: at(3))
        case .readAfter:
            view.apply(snapshot(version: 13, news: 12, boot: "b") { $0.tail = 11 }, isFollowed: true, now: at(4))
        }
    }

    @Test func `a clean restart is testified as one, whichever connection comes back first`() {
        let messages: [Event] = [.lastMessage, .messagesEnd, .reopened, .sold]
        let calls: [[Event]] = [
            [.lastReply, .storeEnds, .readBefore, .admittedAfter, .readAfter],
            [.lastReply, .storeEnds, .admittedAfter, .readAfter], [.storeEnds, .readAfter],
        ]
        for order in calls.flatMap({ Self.interleavings(messages, $0) }) {
            let view = ItemView(
                name: demo, snapshot: snapshot(version: 9, news: 9, boot: "a") { $0.tail = 9 }, isFollowed: true,
                now: at(0))
            for event in order {
                perform(event, on: view)
                let told = view.testimonies.due
                #expect(
                    told.allSatisfy { $0.life != "a" || $0.version <= 10 && $0.tail <= 10 }, "\(told) after \(order)")
                #expect(
                    told.allSatisfy { $0.life != "b" || $0.version <= 13 && $0.tail <= 11 }, "\(told) after \(order)")
            }
            #expect(view.testimonies.owed.map(\.life) == ["a"], "\(order)")
        }
    }
}
