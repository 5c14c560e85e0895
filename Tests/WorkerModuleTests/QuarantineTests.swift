import Domain
import Testing

@testable import WorkerModule

@Suite struct QuarantineTests {
    private let item = ItemIncarnation(ItemName("a")!, 1)
    private let other = ItemIncarnation(ItemName("b")!, 2)

    @Test func `an open one lets all be taken, busy or not`() {
        var quarantine = Quarantine()
        #expect(quarantine.permission(isIdle: false) == .all && quarantine.permission(isIdle: true) == .all)
    }

    @Test func `once something wants to be alone, nothing is taken until all has ended, then it and nothing else`() {
        var quarantine = Quarantine()
        quarantine.close(for: item)
        quarantine.close(for: other)
        #expect(quarantine.permission(isIdle: false) == .nothing)
        #expect(quarantine.permission(isIdle: true) == .only(item))
        // Its call is under way, then what it took.
        #expect(quarantine.permission(isIdle: false) == .nothing && quarantine.isClosed)
        quarantine.taken(hasSuspects: true)
        #expect(quarantine.permission(isIdle: false) == .nothing)
        #expect(quarantine.permission(isIdle: true) == .all && !quarantine.isClosed)
    }

    @Test func `where another worker took it meanwhile, all goes on at once`() {
        var quarantine = Quarantine()
        quarantine.close(for: item)
        #expect(quarantine.permission(isIdle: true) == .only(item))
        quarantine.taken(hasSuspects: false)
        #expect(quarantine.permission(isIdle: false) == .all)
    }

    @Test func `where nothing may be asked for any more, or the answer is lost, it opens once the worker is idle`() {
        var quarantine = Quarantine()
        quarantine.close(for: item)
        #expect(quarantine.permission(isIdle: true) == .only(item))
        #expect(quarantine.permission(isIdle: true) == .all)
    }
}
