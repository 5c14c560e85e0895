package import Base

/// What one worker has counted.
package struct WorkerFigures: Sendable {
    package var deductions: UInt64 = 0
    package var winners: UInt64 = 0
    package var settled: UInt64 = 0
    package var repeated: UInt64 = 0
    package var fenced: UInt64 = 0
    package var unknown: UInt64 = 0
    package var recalled: UInt64 = 0
    package var storeFailures: UInt64 = 0
    package var execution = Histogram()  // microseconds in the sink
}
