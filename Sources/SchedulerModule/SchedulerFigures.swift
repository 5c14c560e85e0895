/// What one scheduler has counted.
package struct SchedulerFigures: Sendable {
    package var terms: UInt64 = 0
    package var grants: UInt64 = 0
    package var reports: UInt64 = 0
    package var completed: UInt64 = 0
    package var reaped: UInt64 = 0
    package var workersLost: UInt64 = 0
}
