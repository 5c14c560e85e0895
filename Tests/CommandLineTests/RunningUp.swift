import CLinux
import Glibc
import TestKit

@testable import CommandLineModule

/// A real `sluice up` over stand-in modules: shell scripts that print their ready line and end on SIGTERM.
final class RunningUp {
    private static let patienceMilliseconds: Int32 = 20_000
    let pid: Int32
    private let folder: TemporaryDirectory
    private let watch: Int32
    private let output: Int32
    private var splitter = LineSplitter()
    private var lines: [String] = []
    /// What has been said of readiness so far.
    private(set) var readyLines: [String] = []

    /// - Parameter worker: what the stand-in worker does instead of serving.
    init(in folder: TemporaryDirectory, data: String = "data", worker: String? = nil, flags: [String] = []) throws {
        self.folder = folder
        let binaries = folder.path + "/bin"
        unsafe mkdir(binaries, 0o700)
        for role in ["queue", "scheduler", "worker"] {
            let script = role == "worker" ? worker ?? Self.standIn : Self.standIn
            try replaceFile("\(binaries)/sluice-\(role)", with: "#!/bin/sh\n\(script)\n", mode: 0o700)
        }
        let arguments =
            [
                Self.program, "up", "--data", "\(folder.path)/\(data)", "--bin-dir", binaries, "--listen",
                "127.0.0.1:0",
                "--admin-listen", "127.0.0.1:0",
            ] + flags
        var (readEnd, writeEnd): (Int32, Int32) = (-1, -1)
        precondition(unsafe clinux_pipe(&readEnd, &writeEnd) == 0, "no pipe")
        var argv = unsafe arguments.map { unsafe UnsafePointer(strdup($0)) } + [nil]
        defer { unsafe argv.forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) } }
        pid = unsafe clinux_spawn(&argv, nil, writeEnd, writeEnd, 0)
        close(writeEnd)
        output = readEnd
        watch = clinux_pidfd_open(pid)
    }

    deinit {
        kill(pid, SIGKILL)
        close(output)
        close(watch)
    }

    private static let standIn = """
        while [ $# -gt 0 ]; do if [ "$1" = --node-name ]; then name=$2; fi; shift; done
        trap 'echo "stopped $name"; exit 0' TERM
        echo "ready http=http://127.0.0.1:1 admin=http://127.0.0.1:2 ops=http://127.0.0.1:3 pid=$$ node=$name"
        echo "serving $name $$"
        while :; do sleep 0.02; done
        """

    /// The program beside the running test bundle.
    private static let program: String = {
        let maps = String(decoding: readFile("/proc/self/maps", atMost: 8 << 20) ?? [], as: UTF8.self)
        let bundle = maps.split(separator: "\n").first { $0.hasSuffix(".xctest") }.map {
            $0[($0.firstIndex(of: "/") ?? $0.startIndex)...]
        }
        return (bundle.map { String($0[..<($0.lastIndex(of: "/") ?? $0.endIndex)]) } ?? ".") + "/sluice"
    }()

    /// The next line of stdout or stderr that begins so; lines before it are dropped. Nil when none comes.
    func line(beginning text: String) -> String? {
        while true {
            while !lines.isEmpty {
                let line = lines.removeFirst()
                if line.hasPrefix(text) { return line }
            }
            guard Self.isReadable(output) else { return nil }
            var chunk = [UInt8](repeating: 0, count: 4_096)
            let count = unsafe read(output, &chunk, chunk.count)
            guard count > 0 else { return nil }
            let fresh = splitter.append(chunk[..<count])
            readyLines += fresh.filter { $0.hasPrefix("ready") }
            lines += fresh
        }
    }

    /// Waits until every module serves and gives each module's pid by node name.
    func serving(_ count: Int = 3) -> [String: Int32] {
        var pids: [String: Int32] = [:]
        while pids.count < count, let words = line(beginning: "serving ")?.split(separator: " ") {
            pids[String(words[1])] = Int32(words[2])
        }
        return pids
    }

    func signal(_ number: Int32) { kill(pid, number) }

    /// Waits for the end: the exit code, or minus the signal.
    func end() -> Int32? {
        var (code, number): (Int32, Int32) = (0, 0)
        guard Self.isReadable(watch), unsafe clinux_exit_status(pid, &code, &number) == 1 else { return nil }
        return number == 0 ? code : -number
    }

    static func isReadable(_ descriptor: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, patienceMilliseconds) == 1
    }
}
