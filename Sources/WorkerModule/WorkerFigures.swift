public import Base

/// What one worker has counted.
public struct WorkerFigures: Sendable {
    public var deductions: UInt64 = 0
    public var winners: UInt64 = 0
    public var settled: UInt64 = 0
    public var repeated: UInt64 = 0
    public var fenced: UInt64 = 0
    public var unknown: UInt64 = 0
    public var inDoubt: UInt64 = 0
    public var revived: UInt64 = 0  // asked for again
    public var recalled: UInt64 = 0
    public var storeFailures: UInt64 = 0
    public var execution = Histogram()  // microseconds in the sink
}
