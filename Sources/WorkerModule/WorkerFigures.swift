public import Base
import Store

/// What one worker has counted.
public struct WorkerFigures: Sendable {
    public var deductions: UInt64 = 0
    public var winners: UInt64 = 0
    public var settled: UInt64 = 0
    public var repeated: UInt64 = 0
    public var fenced: UInt64 = 0
    public var unknown: UInt64 = 0
    public var inDoubt: UInt64 = 0
    public var revived: UInt64 = 0  // taken out of doubt
    public var recalled: UInt64 = 0
    public var storeFailures: UInt64 = 0
    public var execution = Histogram()  // microseconds in the sink
}

extension WorkerFigures {
    init(
        _ taker: GrantTaker, _ settler: Settler, _ purchases: PurchaseKeeper, revived: UInt64, sold: UInt64,
        storeFailures: UInt64
    ) {
        deductions = taker.deductions
        winners = taker.winners
        settled = sold + settler.count(of: .settled)
        repeated = settler.count(of: .repeated)
        fenced = settler.count(of: .fenced)
        unknown = settler.count(of: .unknown)
        inDoubt = purchases.inDoubt
        recalled = purchases.recalled
        execution = purchases.execution
        self.revived = revived
        self.storeFailures = storeFailures
    }
}
