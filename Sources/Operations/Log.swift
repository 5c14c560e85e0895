public import Base
public import EventLoop
public import Glibc

// DESIGN
// One event is one write(2) of one line of at most 4,096 bytes (PIPE_BUF), so lines of several threads and of several
// processes on one pipe never mix. A pipe whose reader has stopped must not stop the loops: where the kernel has no
// room for a line, the line is dropped and counted, as one above the rate is.

/// Structured log lines on a descriptor: `{"time":…,"level":"info","event":"store_down","node":…, fields…}`.
///
/// Any thread may log. Costs two clock readings, a lock and a write, so it is not for every request; at most ten lines
/// a second get through.
public final class Log: Sendable {
    public static let fieldLimit = 256  // bytes, escapes included
    public static let lineLimit = 4096  // bytes

    private struct State: ~Copyable {
        var limiter = LogLimiter()
        var line = ByteBuffer(capacity: Log.lineLimit)
        var unwritten: UInt64 = 0
    }

    public typealias Fields = KeyValuePairs<StaticString, LogValue>
    public typealias Clock = @Sendable () -> (monotonic: MonotonicInstant, wall: WallInstant)

    private let level: LogLevel
    private let node: String
    private let descriptor: Int32
    private let clock: Clock
    private let state = Locked(State())

    public init(
        level: LogLevel, node: String, descriptor: Int32 = STDERR_FILENO,
        clock: @escaping Clock = { (EventLoop.readMonotonicClock(), EventLoop.readWallClock()) }
    ) {
        self.level = level
        self.node = node
        self.descriptor = descriptor
        self.clock = clock
    }

    public func debug(_ event: StaticString, _ fields: Fields = [:]) { log(.debug, event, fields) }
    public func info(_ event: StaticString, _ fields: Fields = [:]) { log(.info, event, fields) }
    public func warn(_ event: StaticString, _ fields: Fields = [:]) { log(.warn, event, fields) }
    public func error(_ event: StaticString, _ fields: Fields = [:]) { log(.error, event, fields) }

    public func log(_ level: LogLevel, _ event: StaticString, _ fields: Fields) {
        guard level >= self.level else { return }
        let (now, wall) = clock()
        state.withLock { state in
            switch state.limiter.admit(now: now) {
            case .write: write(&state, level, event, fields, wall)
            case .drop: break
            case .report(let dropped, let writesEvent):
                writeReport(&state, dropped, wall)
                if writesEvent { write(&state, level, event, fields, wall) }
            }
        }
    }

    /// Reports dropped lines when a flood has ended and no event followed it; call it now and then, and at the end.
    public func flush() {
        let (now, wall) = clock()
        state.withLock { state in
            let dropped = state.limiter.takeReport(now: now)
            if dropped != nil || state.unwritten > 0 { writeReport(&state, dropped ?? 0, wall) }
        }
    }

    private func writeReport(_ state: inout State, _ dropped: UInt64, _ wall: WallInstant) {
        let count = Int64(clamping: dropped + state.unwritten)
        state.unwritten = 0
        if !write(&state, .warn, "log_lines_dropped", ["count": .integer(count)], wall) {
            state.unwritten += dropped
        }
    }

    @discardableResult
    private func write(
        _ state: inout State, _ level: LogLevel, _ event: StaticString, _ fields: Fields, _ wall: WallInstant
    ) -> Bool {
        state.line.clear()
        LogLine.append(to: &state.line, level: level, event: event, node: node, fields: fields, wall: wall)
        var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        // For a pipe, POLLOUT says that PIPE_BUF bytes fit: the write below cannot block.
        if unsafe Glibc.poll(&poll, 1, 0) == 1, poll.revents & Int16(POLLOUT) != 0 {
            let bytes = unsafe state.line.written(from: 0)
            if unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count) >= 0 { return true }
        }
        state.unwritten += 1
        return false
    }
}
