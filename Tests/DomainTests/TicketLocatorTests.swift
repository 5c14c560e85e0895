import Base
import Domain
import Testing

/// What must be read before a ticket can be answered, and what the answer is.
@Suite struct TicketLocatorTests {
    /// 15 admitted, 4 taken before this process began to follow the messages.
    private let view: ItemView

    init() {
        let first = snapshot(version: 10, notification: 5) { ($0.tail, $0.head, $0.free) = (10, 4, 50) }
        view = ItemView(name: demo, snapshot: first, isFollowed: true, now: at(0))
        view.applyAdmission(version: 11, head: 4, tail: 15, free: 50, largest: 1, boot: "a", now: at(1))
    }

    private func ticket(_ sequence: Int64, incarnation: UInt64 = 7) -> Ticket {
        Ticket(keyID: 1, incarnation: incarnation, sequence: sequence, quantity: 1, userTag: 9)
    }

    private func step(
        _ sequence: Int64, incarnation: UInt64 = 7, store: TicketLocator.StoreState = .ready, now: Int64 = 2
    ) -> TicketLocator.Step {
        TicketLocator(ticket(sequence, incarnation: incarnation)).locate(in: view, store: store, now: at(now))
    }

    private func decide(_ sequence: Int64, _ byte: ResultByte) {
        view.apply(
            notification(version: 12, notification: 6, runs: [(sequence, 1, byte)]) {
                ($0.tail, $0.head) = (15, sequence)
            }, now: at(2))
    }

    @Test func `a waiting ticket is answered from memory`() {
        #expect(step(11) == .respond(.queued(position: 7), fromCurrentMemory: true))
    }

    @Test func `a ticket of another incarnation is unknown, whether or not the store is there`() {
        #expect(step(11, incarnation: 8) == .refuse(.unknownTicket))
        #expect(step(11, incarnation: 8, store: .away(since: at(0))) == .refuse(.unknownTicket))
    }

    @Test func `a ticket above the known tail is looked for once, then it is lost`() {
        #expect(step(16) == .readItem)
        var locator = TicketLocator(ticket(16))
        locator.itemRead()
        #expect(locator.locate(in: view, store: .ready, now: at(2)) == .refuse(.lost))
    }

    @Test func `a memory that is not trusted is read before it answers, and its answer does not count as memory's`() {
        view.interrupt()
        #expect(step(11) == .readItem)
        view.apply(
            snapshot(version: 11, notification: 5) { ($0.tail, $0.head, $0.free) = (15, 4, 50) }, isFollowed: true,
            now: at(2))
        var locator = TicketLocator(ticket(16))
        locator.itemRead()
        #expect(locator.locate(in: view, store: .ready, now: at(2)) == .refuse(.lost))
        locator = TicketLocator(ticket(11))
        locator.itemRead()
        #expect(locator.locate(in: view, store: .ready, now: at(2)) == .readBlock(0))
    }

    @Test func `results that were there before must be read once`() {
        #expect(step(3) == .readBlock(0))
        let locator = TicketLocator(ticket(3))
        view.fill(block: 0, with: [0, 1, 1, 6, 1])
        #expect(
            locator.blockRead(in: view, endedAt: 0, store: .ready, now: at(2))
                == .respond(.decided(.cancelled), fromCurrentMemory: false))
        #expect(step(3) == .respond(.decided(.cancelled), fromCurrentMemory: true))
    }

    @Test func `a block that was read for the name's item before answers nothing`() {
        let locator = TicketLocator(ticket(3))
        view.apply(
            snapshot(version: 1, notification: 1, incarnation: 9) { $0.tail = 20 }, isFollowed: true, now: at(2))
        view.fill(block: 0, with: [0, 1, 1, 6, 1])
        #expect(locator.blockRead(in: view, endedAt: 0, store: .ready, now: at(2)) == .refuse(.unknownTicket))
    }

    @Test func `bytes that are older than the watermark are read again`() {
        let locator = TicketLocator(ticket(3))
        view.apply(
            notification(version: 12, notification: 6) {
                ($0.tail, $0.head, $0.endedAt, $0.ended) = (15, 15, 15, 1)
            }, now: at(2))
        view.fill(block: 0, with: [0, 1, 1])
        let step = locator.blockRead(in: view, endedAt: 0, store: .ready, now: at(2))
        #expect(step == .respond(.soldOut, fromCurrentMemory: true), "the block is complete as of the last message")
        #expect(
            locator.blockRead(in: view, endedAt: 15, store: .ready, now: at(2))
                == .respond(.soldOut, fromCurrentMemory: false))
    }

    @Test(arguments: [ResultByte.sold, .rejected])
    func `the end of an order is read with what the sink said of it, where the item has any`(byte: ResultByte) {
        decide(12, byte)
        #expect(step(12) == .respond(.decided(byte), fromCurrentMemory: true))
        let settings = rules { $0.hasOrders = true }
        view.apply(
            snapshot(version: 13, notification: 6, settings: settings) { ($0.tail, $0.head) = (15, 12) },
            isFollowed: true, now: at(2))
        #expect(step(12) == .readDetails(.decided(byte)))
        #expect(step(12, store: .away(since: at(0))) == .respondWithoutDetails(.decided(byte)))
    }

    @Test func `a reserved ticket is read with its deadline, until that is known for a while`() {
        decide(12, .reserved)
        let deadline = WallInstant(milliseconds: 5)
        #expect(step(12) == .readDetails(.decided(.reserved)))
        view.read(deadline: deadline, of: 12, now: at(10))
        #expect(step(12, now: 10) == .readDetails(.decided(.reserved)))
        view.read(deadline: deadline, of: 12, now: at(1_010))
        #expect(step(12, now: 2_009) == .respond(.decided(.reserved), fromCurrentMemory: true))
        #expect(step(12, now: 2_010) == .readDetails(.decided(.reserved)))
        let away = TicketLocator.StoreState.away(since: at(2))
        #expect(step(12, store: away) == .respond(.decided(.reserved), fromCurrentMemory: false))
        view.decided(12, as: .sold, incarnation: 7)
        #expect(view.deadlines.count == 0 && step(12) == .respond(.decided(.sold), fromCurrentMemory: true))
    }

    @Test func `a hold that is gone has the result read, and is looked for once`() {
        decide(12, .reserved)
        var locator = TicketLocator(ticket(12))
        #expect(locator.holdHasEnded() == .readBlock(0))
        let step = locator.blockRead(in: view, endedAt: 0, store: .ready, now: at(2))
        #expect(step == .respond(.decided(.reserved), fromCurrentMemory: false), "the block shows what it did before")
        view.fill(block: 0, with: [UInt8](repeating: 0, count: 12) + [ResultByte.expired.rawValue])
        #expect(
            locator.blockRead(in: view, endedAt: 0, store: .ready, now: at(2))
                == .respond(.decided(.expired), fromCurrentMemory: false))
    }

    @Test func `deadlines are forgotten where messages may have been missed`() {
        decide(12, .reserved)
        view.read(deadline: WallInstant(milliseconds: 5), of: 12, now: at(10))
        view.interrupt()
        #expect(view.deadlines.count == 0)
        view.read(deadline: WallInstant(milliseconds: 5), of: 12, now: at(10))
        #expect(view.deadlines.count == 0, "its end might never be seen")
    }

    @Test func `while the store is away, waiting tickets are answered for some seconds and final ones for good`() {
        decide(12, .cancelled)
        let limit = Limits.staleAnswers.wholeMilliseconds
        let away = TicketLocator.StoreState.away(since: at(2))
        #expect(step(13, store: away, now: 2 + limit) == .respond(.queued(position: 1), fromCurrentMemory: false))
        #expect(step(13, store: away, now: 3 + limit) == .refuse(.storeAway))
        #expect(step(12, store: away, now: 1_000_000) == .respond(.decided(.cancelled), fromCurrentMemory: false))
        #expect(step(16, store: away) == .refuse(.storeAway))
    }
}
