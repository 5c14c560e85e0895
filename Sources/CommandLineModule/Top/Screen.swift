import Base
import CLinux
import EventLoop
import Glibc

/// A screen that is drawn in place, again and again, until `q` or a signal.
struct Screen {
    let terminal: Terminal
    let interval: TimeSpan
    let isColored: Bool

    static func isColored(_ environment: [String: String]) -> Bool { environment["NO_COLOR", default: ""].isEmpty }

    /// A descriptor that delivers the signals that concern a screen, from now on.
    static func signals() throws(Failure) -> Int32 {
        let numbers = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH]
        let signals = unsafe clinux_signalfd(numbers, Int32(numbers.count))
        guard signals >= 0 else { throw Failure(.failed, "signalfd: errno \(errno)") }
        return signals
    }

    /// - Parameters:
    ///   - signals: a descriptor that delivers them, or -1.
    ///   - refresh: reads what is drawn next.
    func follow(signals: Int32, lines: (TopScreen.Size) -> [TopLine], refresh: () -> Void) -> ExitCode {
        terminal.enter()
        defer { terminal.restore() }
        var next = EventLoop.readMonotonicClock() + interval
        while true {
            guard terminal.draw(lines(terminal.size), isColored: isColored) else { return .failed }
            let left = max(0, (next - EventLoop.readMonotonicClock()).wholeMilliseconds + 1)
            switch terminal.wait(milliseconds: Int32(left), signals: signals) {
            case .key(let byte) where byte == UInt8(ascii: "q") || byte == UInt8(ascii: "Q"): return .done
            case .signal(SIGTSTP): stop()
            case .signal(SIGWINCH), .key: continue
            case .signal: return .interrupted
            case .nothing:
                refresh()
                next = EventLoop.readMonotonicClock() + interval
            }
        }
    }

    /// Ctrl-Z: the shell gets its screen back until we go on.
    private func stop() {
        terminal.restore()
        kill(getpid(), SIGSTOP)
        terminal.enter()
    }
}
