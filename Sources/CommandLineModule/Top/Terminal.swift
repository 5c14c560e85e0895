import CLinux
import Glibc

/// A terminal taken over for a screen that is refreshed in place, and given back as it was.
final class Terminal {
    private let input: Int32
    private let output: Int32
    private var before: termios?

    /// - Parameters:
    ///   - input: where keys come from; need not be a terminal.
    ///   - output: the terminal.
    init(input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO) {
        self.input = input
        self.output = output
    }

    deinit { restore() }

    var isTerminal: Bool { isatty(output) == 1 }

    /// In characters; 80 by 24 where the terminal does not report it.
    var size: TopScreen.Size {
        var (columns, rows): (Int32, Int32) = (0, 0)
        guard unsafe clinux_terminal_size(output, &columns, &rows) == 0, columns > 0, rows > 0 else {
            return TopScreen.Size(columns: 80, rows: 24)
        }
        return TopScreen.Size(columns: Int(columns), rows: Int(rows))
    }

    private(set) var isTaken = false

    /// Shows the other screen, hides the cursor, and takes keys as they are pressed.
    func enter() {
        guard !isTaken else { return }
        isTaken = true
        var settings = termios()
        if unsafe tcgetattr(input, &settings) == 0 {
            before = settings
            settings.c_lflag &= ~UInt32(ICANON | ECHO)
            unsafe tcsetattr(input, TCSANOW, &settings)
        }
        writeAll(output, "\u{1B}[?1049h\u{1B}[?25l\u{1B}[H\u{1B}[2J")
    }

    /// Gives everything back; harmless when it has been.
    func restore() {
        guard isTaken else { return }
        isTaken = false
        writeAll(output, "\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l")
        if var settings = before { unsafe tcsetattr(input, TCSANOW, &settings) }
        before = nil
    }

    /// Draws over the last frame, in one write, so that nothing flickers.
    ///
    /// - Returns: false where the terminal took none of it.
    func draw(_ lines: [TopLine], isColored: Bool) -> Bool {
        writeAll(output, Self.frame(lines, isColored: isColored))
    }

    static func frame(_ lines: [TopLine], isColored: Bool) -> String {
        // No line feed after the last line: it would scroll a full screen.
        let drawn = lines.map { line in
            guard isColored, let code = code(line.tone) else { return line.text + "\u{1B}[K" }
            return "\u{1B}[\(code)m\(line.text)\u{1B}[0m\u{1B}[K"
        }
        return "\u{1B}[H" + drawn.joined(separator: "\r\n") + "\u{1B}[J"
    }

    private static func code(_ tone: TopLine.Tone) -> String? {
        switch tone {
        case .plain: nil
        case .heading: "1"
        case .warning: "33"
        case .alarm: "31"
        }
    }

    enum Happening: Equatable {
        case key(UInt8)
        case signal(Int32)
        case nothing
    }

    /// Waits for a key or a signal, at most so long.
    func wait(milliseconds: Int32, signals: Int32) -> Happening {
        var watched = [
            pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
            pollfd(fd: before == nil ? -1 : input, events: Int16(POLLIN), revents: 0),
        ]
        guard unsafe poll(&watched, 2, milliseconds) > 0 else { return .nothing }
        if watched[0].revents != 0 {
            let number = clinux_signalfd_read(signals)
            if number != 0 { return .signal(number) }
        }
        guard watched[1].revents != 0 else { return .nothing }
        var byte: UInt8 = 0
        guard unsafe read(input, &byte, 1) == 1 else { return .signal(SIGHUP) }  // the terminal has gone
        return .key(byte)
    }
}
