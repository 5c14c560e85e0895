/// One connection of a fleet.
struct Lane {
    var descriptor: Int32 = -1
    /// Differs from that of an earlier socket on the same row, whose events may still come.
    var generation: UInt32 = 0
    var isConnecting = false
    /// A request is on it.
    var isOccupied = false
    var tag: UInt64 = 0
    var due = Nanoseconds.zero
    var since = Nanoseconds.zero
    var partial: [UInt8] = []
    var unsent: [UInt8] = []
}
