import Base
import Domain
import Testing

@Suite struct AcknowledgedStatesTests {
    private func read(_ life: String, _ version: Int64, _ tail: Int64 = 0) -> AcknowledgedStates {
        var acknowledgedStates = AcknowledgedStates()
        acknowledgedStates.read(life: life, version: version, tail: tail, notification: 0, isFollowed: true)
        return acknowledgedStates
    }

    @Test func `what is heard counts for the life that was read, until the first interruption`() {
        var acknowledgedStates = read("a", 5, 2)
        acknowledgedStates.heard(version: 7, tail: 4)
        acknowledgedStates.heard(version: 6, tail: 9)
        #expect(acknowledgedStates.due == [AcknowledgedState(life: "a", version: 7, tail: 9)])
        acknowledgedStates.interrupt()
        acknowledgedStates.heard(version: 99, tail: 99)
        #expect(acknowledgedStates.due == [AcknowledgedState(life: "a", version: 7, tail: 9)])
        acknowledgedStates.read(life: "a", version: 20, tail: 10, notification: 0, isFollowed: true)
        acknowledgedStates.heard(version: 21, tail: 11)
        #expect(acknowledgedStates.due == [AcknowledgedState(life: "a", version: 21, tail: 11)])
    }

    @Test func `a read while messages are not followed opens nothing`() {
        var acknowledgedStates = read("a", 5)
        acknowledgedStates.interrupt()
        acknowledgedStates.read(life: "a", version: 6, tail: 0, notification: 0, isFollowed: false)
        acknowledgedStates.heard(version: 9, tail: 9)
        #expect(acknowledgedStates.latest == AcknowledgedState(life: "a", version: 6, tail: 0))
    }

    @Test func `a read that is older than what was said of another life opens nothing`() {
        var acknowledgedStates = read("a", 5)
        acknowledgedStates.doubt(at: 4)
        acknowledgedStates.read(life: "a", version: 6, tail: 0, notification: 3, isFollowed: true)
        acknowledgedStates.heard(version: 9, tail: 9)
        #expect(acknowledgedStates.latest == AcknowledgedState(life: "a", version: 6, tail: 0))
        acknowledgedStates.read(life: "a", version: 7, tail: 0, notification: 4, isFollowed: true)
        acknowledgedStates.heard(version: 9, tail: 9)
        #expect(acknowledgedStates.latest == AcknowledgedState(life: "a", version: 9, tail: 9))
    }

    @Test func `a life that is over is owed until the store was told, however often the item is read`() {
        var acknowledgedStates = read("a", 5)
        for version: Int64 in 3...6 {
            acknowledgedStates.read(life: "b", version: version, tail: 0, notification: 0, isFollowed: true)
        }
        #expect(acknowledgedStates.owed == [AcknowledgedState(life: "a", version: 5, tail: 0)])
        acknowledgedStates.read(life: "c", version: 9, tail: 0, notification: 0, isFollowed: true)
        #expect(
            acknowledgedStates.owed.map(\.life) == ["a", "b"] && acknowledgedStates.due.map(\.life) == ["a", "b", "c"])
        for acknowledged in acknowledgedStates.owed { acknowledgedStates.delivered(acknowledged) }
        #expect(acknowledgedStates.owed.isEmpty && acknowledgedStates.due.map(\.life) == ["c"])
    }

    @Test func `what was told before the next read is not told again, unless more was seen`() {
        var acknowledgedStates = read("a", 5)
        acknowledgedStates.interrupt()
        acknowledgedStates.delivered(AcknowledgedState(life: "a", version: 5, tail: 0))
        #expect(acknowledgedStates.due.isEmpty)
        var same = acknowledgedStates
        same.read(life: "b", version: 6, tail: 0, notification: 0, isFollowed: true)
        #expect(same.owed.isEmpty)
        acknowledgedStates.read(life: "a", version: 7, tail: 1, notification: 0, isFollowed: true)
        acknowledgedStates.read(life: "b", version: 8, tail: 1, notification: 0, isFollowed: true)
        #expect(acknowledgedStates.owed == [AcknowledgedState(life: "a", version: 7, tail: 1)])
    }

    @Test func `lives that nobody took are bounded`() {
        var acknowledgedStates = AcknowledgedStates()
        for life in 0..<100 {
            acknowledgedStates.read(life: "\(life)", version: 1, tail: 0, notification: 0, isFollowed: true)
        }
        #expect(acknowledgedStates.owed.count == 8 && acknowledgedStates.owed.last?.life == "98")
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
        case .lastMessage: view.apply(notification(version: 10, notification: 10) { $0.tail = 10 }, now: at(1))
        case .messagesEnd, .storeEnds: view.interrupt()
        // The leader lets the item go on: a message of settings, and what follows.
        case .reopened: view.apply(notification("C", version: 11, notification: 11) { $0.tail = 10 }, now: at(2))
        case .sold: view.apply(notification(version: 13, notification: 12) { $0.tail = 11 }, now: at(3))
        case .lastReply: view.applyAdmission(version: 10, head: 0, tail: 10, free: 0, largest: 1, boot: "a", now: at(1))
        case .readBefore:
            view.apply(
                snapshot(version: 10, notification: 10, boot: "a") { $0.tail = 10 }, isFollowed: true, now: at(2))
        case .admittedAfter:
            view.applyAdmission(version: 12, head: 0, tail: 11, free: 0, largest: 1, boot: "b", now: at(3))
        case .readAfter:
            view.apply(
                snapshot(version: 13, notification: 12, boot: "b") { $0.tail = 11 }, isFollowed: true, now: at(4))
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
                name: demo, snapshot: snapshot(version: 9, notification: 9, boot: "a") { $0.tail = 9 },
                isFollowed: true,
                now: at(0))
            for event in order {
                perform(event, on: view)
                let told = view.acknowledgedStates.due
                #expect(
                    told.allSatisfy { $0.life != "a" || $0.version <= 10 && $0.tail <= 10 }, "\(told) after \(order)")
                #expect(
                    told.allSatisfy { $0.life != "b" || $0.version <= 13 && $0.tail <= 11 }, "\(told) after \(order)")
            }
            #expect(view.acknowledgedStates.owed.map(\.life) == ["a"], "\(order)")
        }
    }
}
