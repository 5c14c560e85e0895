import Base
import Domain
import Testing

/// Errors that have nothing to do with load.
@Suite struct FaultShareTests {
    @Test(arguments: [0, 5, 15, 30, 40], 1...5 as ClosedRange<UInt64>)
    func `errors of up to half of the calls do not hold the drain down`(percent: Int64, seed: UInt64) {
        var service = FaultyService(seed: seed)
        service.run(to: 30_000) { _ in percent }
        // Now and then six of seven fail by chance, and the window is halved for a moment.
        #expect(service.rate(10..<30) >= 400, "\(service.rate(10..<30)) of 500, \(service.controller.snapshot)")
        #expect(percent > 15 || service.controller.snapshot.ceiling1000 == nil)
    }

    @Test(arguments: [50, 60], 1...5 as ClosedRange<UInt64>)
    func `more errors hold it down until they are known for the service's own`(percent: Int64, seed: UInt64) {
        var service = FaultyService(seed: seed)
        service.run(to: 90_000) { _ in percent }
        #expect(service.rate(60..<90) >= 300, "\(service.rate(60..<90)) of 500, \(service.controller.snapshot)")
    }

    @Test(arguments: [40, 65], 1...5 as ClosedRange<UInt64>)
    func `errors that come and go leave nothing behind`(percent: Int64, seed: UInt64) {
        var service = FaultyService(seed: seed)
        service.run(to: 90_000) { (20_000..<60_000).contains($0) ? percent : 0 }
        #expect(service.rate(45..<60) >= 300, "\(service.rate(45..<60)) of 500 while they last")
        #expect(service.rate(65..<90) >= 475, "\(service.rate(65..<90)) of 500 once they are gone")
    }

    @Test func `where nearly all calls fail single ones go out`() {
        var service = FaultyService(seed: 9)
        service.run(to: 60_000) { _ in 95 }
        #expect(service.rate(30..<60) <= 60, "\(service.rate(30..<60)) a second")
        #expect(service.controller.window <= 2)
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `one that was dead from the first call leaves no ceiling`(seed: UInt64) {
        var service = FaultyService(seed: seed)
        service.run(to: 60_000) { $0 < 30_000 ? 100 : 0 }
        #expect(service.controller.snapshot.ceiling1000 == nil)
        #expect(service.rate(40..<60) >= 450, "\(service.rate(40..<60)) of 500 once it lives")
    }
}
