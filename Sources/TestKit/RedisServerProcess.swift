import Base
import CLinux
import Foundation
import Glibc

/// A private redis-server for tests, on a unix socket in a temporary directory of its own.
///
/// Ends with this object, or with the test process, however that ends (see SpawnThread).
public final class RedisServerProcess {
    public struct Options: Sendable {
        public var listensOnTCP = false  // on 127.0.0.1, at a free port
        public var appendOnly = false
        /// Further lines of redis.conf.
        public var configuration: [String] = []
        /// Sent by `command` first, where the server asks for one.
        public var password: String?
        /// Further variables of its environment.
        public var environment: [String: String] = [:]
        public init(
            listensOnTCP: Bool = false, appendOnly: Bool = false, configuration: [String] = [], password: String? = nil
        ) {
            self.listensOnTCP = listensOnTCP
            self.appendOnly = appendOnly
            self.configuration = configuration
            self.password = password
        }
    }

    /// What went wrong, with its cure where there is one.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    private static let patience = TimeSpan.seconds(20)

    public let directory: String
    public let port: UInt16?
    public private(set) var processID: Int32 = -1
    private let options: Options

    public var socketPath: String { directory + "/redis.sock" }
    public var url: String { "unix://" + socketPath }

    /// Starts the server and waits until it answers.
    public init(_ options: Options = Options()) throws(Failure) {
        self.options = options
        directory = try Self.makeDirectory()
        port = options.listensOnTCP ? freePort() : nil
        try writeConfiguration()
        try start()
    }

    deinit {
        kill9()
        DirectoryRemoval.remove(directory)
    }

    // MARK: Life

    /// Starts it again on the same data, after `kill9` or `stop`.
    public func start() throws(Failure) {
        precondition(processID < 0, "already running")
        unsafe unlink(socketPath)
        let log = unsafe open(directory + "/redis.log", O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0o600)
        defer { close(log) }
        let own = ProcessInfo.processInfo.environment.merging(options.environment) { $1 }
        processID = SpawnThread.spawn(
            ["redis-server", directory + "/redis.conf"],
            environment: options.environment.isEmpty ? nil : own.map { "\($0.key)=\($0.value)" }, output: log)
        guard processID > 0 else { throw Failure(description: "fork failed, errno \(clinux_errno())") }
        try awaitReady()
    }

    /// SIGSTOP: connections stay, nothing answers.
    public func pause() {
        kill(processID, SIGSTOP)
    }

    public func resume() {
        kill(processID, SIGCONT)
    }

    /// SIGKILL, and waits for the end.
    public func kill9() { end(with: SIGKILL) }

    /// SIGTERM, and waits for the end; SIGKILL when that takes too long.
    public func stop() { end(with: SIGTERM) }

    public func restart() throws(Failure) {
        stop()
        try start()
    }

    private func end(with signal: Int32) {
        guard processID > 0 else { return }
        kill(processID, signal)
        let limit = MonotonicInstant.now + Self.patience
        while waitpid(processID, nil, signal == SIGKILL ? 0 : WNOHANG) == 0 {
            if MonotonicInstant.now > limit { kill(processID, SIGKILL) }
            poll(nil, 0, 2)
        }
        processID = -1
    }

    // MARK: Start

    private func awaitReady() throws(Failure) {
        let limit = MonotonicInstant.now + Self.patience
        while MonotonicInstant.now < limit {
            var status: Int32 = 0
            if unsafe waitpid(processID, &status, WNOHANG) == processID {
                processID = -1
                throw failureOfStart(exitCode: (status >> 8) & 0xff)
            }
            if let answer = try? command("PING"), !answer.hasPrefix("LOADING") { return }
            poll(nil, 0, 2)
        }
        throw Failure(description: "redis-server did not answer in time:\n\(log)")
    }

    private func failureOfStart(exitCode: Int32) -> Failure {
        if exitCode == 127 { return Failure(description: "redis-server is not installed: run \"make setup\"") }
        return Failure(description: "redis-server ended with code \(exitCode):\n\(log)")
    }

    /// The end of what the server has logged.
    public var log: String {
        let descriptor = unsafe open(directory + "/redis.log", O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        lseek(descriptor, -min(lseek(descriptor, 0, SEEK_END), bytes.count), SEEK_END)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    private func writeConfiguration() throws(Failure) {
        var lines = [
            "daemonize no", "save \"\"", "dir \(directory)", "unixsocket \(socketPath)", "unixsocketperm 700",
            "port \(port ?? 0)", "bind 127.0.0.1", "appendonly \(options.appendOnly ? "yes" : "no")",
        ]
        if let password = options.password { lines.append("requirepass \(password)") }
        let text = Array((lines + options.configuration).joined(separator: "\n").utf8)
        let descriptor = unsafe open(directory + "/redis.conf", O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        guard unsafe write(descriptor, text, text.count) == text.count else {
            throw Failure(description: "cannot write \(directory)/redis.conf")
        }
    }

    private static func makeDirectory() throws(Failure) -> String {
        // Not TMPDIR, which may be too long for the path of a socket.
        var template = Array("/tmp/sluice-redis-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw Failure(description: "mkdtemp failed") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    // MARK: Commands

    /// Sends one command on a fresh connection and waits for the reply; for looking from outside.
    ///
    /// - Returns: the reply as text, the parts of an array in lines; errors too, beginning with their code.
    @discardableResult
    public func command(_ words: String...) throws(Failure) -> String {
        do {
            let redis = try BlockingRedis(socketPath: socketPath)
            if let password = options.password { try redis.command(["AUTH", password]) }
            return try redis.command(words).lines
        } catch { throw Failure(description: "no reply to \(words): \(error)") }
    }
}

extension RedisServerProcess {
    /// Makes a folder of that name, so that the server can't make the file; it may be root, whom no permission stops.
    public func blockFile(_ name: String) throws(Failure) {
        let folder = directory + "/" + name
        guard unsafe mkdir(folder, 0o700) == 0, unsafe mkdir(folder + "/x", 0o700) == 0 else {
            throw Failure(description: "cannot make \(folder)")
        }
    }

    /// From now on the path of this server's socket leads to `other`; connections stay where they are.
    public func lendName(to other: RedisServerProcess) throws(Failure) {
        unsafe unlink(socketPath)
        guard unsafe symlink(other.socketPath, socketPath) == 0 else {
            throw Failure(description: "cannot link \(socketPath)")
        }
    }
}
