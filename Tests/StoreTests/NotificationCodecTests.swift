import Base
import Domain
import Store
import Testing

@Suite struct NotificationCodecTests {
    private static let some = numbers {
        ($0.version, $0.notification, $0.head, $0.tail, $0.cancelled, $0.free) = (1, 2, 3, 40, 5, 6)
        ($0.held, $0.inDoubt, $0.sold, $0.endedAt, $0.ended, $0.redo) = (17, 8, 9, 10, 1, 12)
    }

    @Test func `reads a message of the scripts`() throws {
        let bytes = payload(
            "C", incarnation: "00000000000000ff", Self.some, runs: [(10, 20, .sold), (40, 1, .cancelled)])
        let notification = try #require(ChangeNotification(payload: bytes))
        #expect(
            notification.item.description == "demo" && notification.incarnation == 255 && notification.changesSettings
                && notification.counters == Self.some)
        #expect(
            notification.runs.map(\.first) == [10, 40] && notification.runs.map(\.count) == [20, 1]
                && notification.runs.map(\.byte) == [1, 6])
        #expect(ChangeNotification(payload: payload("D", Self.some))?.changesSettings == false)
    }

    @Test func `refuses a message that is cut anywhere but between two runs`() {
        let bytes = payload("D", Self.some, runs: [(10, 20, .sold), (40, 1, .sold)])
        let head = bytes.firstIndex(of: UInt8(ascii: "\n"))! + 1
        for length in 0..<bytes.count {
            let isWhole = length >= head && (length - head) % 9 == 0
            #expect((ChangeNotification(payload: Array(bytes[..<length])) != nil) == isWhole, "\(length)")
        }
    }

    @Test(arguments: ["", "D", "D demo", "D  demo", "DD demo 7", "D de{mo 7", "D demo x"])
    func `refuses a broken beginning`(beginning: String) {
        let numbers = " 1 2 3 40 5 6 17 8 9 10 1 12\n"
        #expect(ChangeNotification(payload: Array((beginning + numbers).utf8)) == nil)
        #expect(ChangeNotification(payload: Array(("D demo 7" + numbers).utf8)) != nil)
    }

    @Test(arguments: ["9223372036854775807", "9007199254740993", "-9223372036854775808", "1.5", "1e9", "", "x"])
    func `refuses a number that no script can hold`(number: String) {
        #expect(ChangeNotification(payload: Array("D demo 7 1 2 3 40 5 6 17 8 9 10 1 \(number)\n".utf8)) == nil)
    }

    @Test func `refuses results of sequences that were never given, so that a message can't fill the memory`() {
        #expect(ChangeNotification(payload: payload("D", Self.some, runs: [(40, 2, .sold)])) == nil)
        #expect(ChangeNotification(payload: payload("D", Self.some, runs: [(1, 4_294_967_295, .sold)])) == nil)
        #expect(ChangeNotification(payload: payload("D", Self.some, runs: [(0, 1, .sold)])) == nil)
        #expect(ChangeNotification(payload: payload("D", Self.some, runs: [(1, 40, .sold)])) != nil)
    }
}

private func numbers(_ change: (inout ItemCounters) -> Void) -> ItemCounters {
    var counters = ItemCounters()
    change(&counters)
    return counters
}

private func payload(
    _ kind: String, item: String = "demo", incarnation: String = "7", _ c: ItemCounters,
    runs: [(first: Int64, count: Int64, byte: ResultByte)] = []
) -> [UInt8] {
    let numbers = [
        c.version, c.notification, c.head, c.tail, c.cancelled, c.free, c.held, c.inDoubt, c.sold, c.endedAt, c.ended,
        c.redo,
    ]
    let head = "\(kind) \(item) \(incarnation) \(numbers.map { "\($0)" }.joined(separator: " "))\n"
    func word(_ value: Int64) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
    return Array(head.utf8) + runs.flatMap { word($0.first) + word($0.count) + [$0.byte.rawValue] }
}
