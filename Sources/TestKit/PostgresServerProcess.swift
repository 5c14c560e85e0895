import Base
import CLinux
import Glibc

/// A private PostgreSQL server for tests, on a unix socket in a temporary directory of its own.
///
/// It does not sync to disk, which only a crash of the machine would show: a killed server finds all it had written. It
/// refuses to run as root, so there it runs as the user `postgres`, whom Debian's package brings. Ends with this
/// object, or with the test process.
public final class PostgresServerProcess {
    /// What went wrong, with its cure where there is one.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    private static let patience = TimeSpan.seconds(20)
    private static let cure =
        "PostgreSQL's programs are not installed: run \"make test\", or scripts/setup.sh postgresql"

    public let directory: String
    public private(set) var processID: Int32 = -1
    private let programs: String
    private var data: String { directory + "/data" }
    private var logPath: String { directory + "/log" }

    /// Starts the server and waits until it answers.
    ///
    /// - Parameter access: lines of pg_hba.conf, before the one that lets everybody in.
    public init(access: [String] = []) throws(Failure) {
        let fresh: Fresh
        switch Self.fresh {
        case .success(let made): fresh = made
        case .failure(let failure): throw failure
        }
        programs = fresh.programs
        directory = try Self.makeDirectory()
        let copied = Self.run(Self.asServer(["cp", "-a", "--reflink=auto", fresh.data, data]))
        guard copied.code == 0 else { throw Failure(description: "cp: \(copied.output)") }
        guard Self.write((access + ["local all all trust"]).joined(separator: "\n") + "\n", to: data + "/pg_hba.conf")
        else { throw Failure(description: "cannot write pg_hba.conf") }
        try start()
    }

    deinit { remove() }

    private func remove() {
        kill9()
        DirectoryRemoval.remove(directory)
    }

    /// One server for all tests that need no more than a place of their own. It lets the user `hush` in by password
    /// only.
    public static func shared() throws(Failure) -> PostgresServerProcess { try unsafe sharedServer.get() }

    // Unsafe in name only: those who share it never start or stop it.
    nonisolated(unsafe) private static let sharedServer: Result<PostgresServerProcess, Failure> = {
        atexit { (try? PostgresServerProcess.shared())?.remove() }
        do throws(Failure) {
            return .success(try PostgresServerProcess(access: ["local all hush scram-sha-256"]))
        } catch {
            return .failure(error)
        }
    }()

    /// The data of a server that has not run yet, which every server begins with a copy of: making them takes ten times
    /// as long.
    private struct Fresh {
        let programs: String
        let directory: String
        var data: String { directory + "/data" }
    }

    private static let fresh: Result<Fresh, Failure> = {
        atexit { if case .success(let fresh) = fresh { DirectoryRemoval.remove(fresh.directory) } }
        do throws(Failure) {
            let fresh = Fresh(programs: try findPrograms(), directory: try makeDirectory())
            let flags = ["-U", "sluice", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--wal-segsize=1"]
            let made = run(asServer(["\(fresh.programs)/initdb", "-D", fresh.data] + flags))
            guard made.code == 0 else { throw Failure(description: "initdb: \(made.output)") }
            return .success(fresh)
        } catch {
            return .failure(error)
        }
    }()

    // MARK: Life

    /// Starts it again on the same data, after `kill9` or `stop`, and waits until it answers.
    public func start() throws(Failure) {
        precondition(processID < 0, "already running")
        let limit = Self.now + Self.patience
        while true {
            launch()
            if try awaitReady(until: limit) { return }
            // Those of before may not have let go of its memory yet.
            guard Self.now < limit else { throw Failure(description: "postgres did not start:\n\(log)") }
            poll(nil, 0, 10)
        }
    }

    private func launch() {
        let output = unsafe open(logPath, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0o600)
        defer { close(output) }
        let settings = [
            "listen_addresses=", "unix_socket_directories=\(directory)", "fsync=off", "autovacuum=off",
            "shared_buffers=16MB", "max_connections=40", "logging_collector=off",
        ]
        processID = SpawnThread.spawn(
            Self.asServer(["\(programs)/postgres", "-D", data] + settings.flatMap { ["-c", $0] }), output: output)
    }

    /// SIGKILL for all its processes, as a crash would end them, and waits for the end.
    public func kill9() {
        guard processID > 0 else { return }
        kill(processID, SIGSTOP)  // so that it begins no more of them
        for child in children { kill(child, SIGKILL) }
        kill(processID, SIGKILL)
        waitpid(processID, nil, 0)
        processID = -1
    }

    /// An orderly end: SIGINT, which ends what is under way, and waits for it.
    public func stop() {
        guard processID > 0 else { return }
        kill(processID, SIGINT)
        waitpid(processID, nil, 0)
        processID = -1
    }

    /// SIGSTOP for all its processes: connections stay, nothing answers.
    public func pause() {
        kill(processID, SIGSTOP)
        for child in children { kill(child, SIGSTOP) }
    }

    public func resume() {
        for child in children { kill(child, SIGCONT) }
        kill(processID, SIGCONT)
    }

    private var children: [Int32] {
        let list = Self.read("/proc/\(processID)/task/\(processID)/children")
        return list.split(separator: " ").compactMap { Int32($0) }
    }

    // MARK: Queries

    /// The URL of one of its databases.
    public func url(database: String = "postgres", user: String = "sluice") -> String {
        "postgresql://\(user)@/\(database)?host=\(directory)"
    }

    /// Makes a schema of a name that nobody else has, so that tests can share a server, and returns a URL whose
    /// sessions work in it. A database of one's own would take ten times as long.
    ///
    /// - Parameter options: further settings of those sessions, as `-cname=value`.
    public func makeSchema(options: String...) throws(Failure) -> String {
        let name = "t\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        try sql("CREATE SCHEMA \(name)")
        let all = (["-csearch_path=\(name)"] + options).joined(separator: "%20").replacing("=", with: "%3D")
        return url() + "&options=\(all)"
    }

    /// What psql prints: a row a line, the columns with | between. For tests that read from outside.
    ///
    /// - Parameter url: of the database; nil: that of the server.
    @discardableResult
    public func sql(_ text: String, in url: String? = nil) throws(Failure) -> String {
        let answered = Self.run(["\(programs)/psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", text, url ?? self.url()])
        guard answered.code == 0 else { throw Failure(description: answered.output) }
        return answered.output.hasSuffix("\n") ? String(answered.output.dropLast()) : answered.output
    }

    /// The end of what the server has logged.
    public var log: String { String(Self.read(logPath).suffix(4096)) }

    // MARK: Start

    private func awaitReady(until limit: MonotonicInstant) throws(Failure) -> Bool {
        while Self.now < limit {
            var status: Int32 = 0
            if unsafe waitpid(processID, &status, WNOHANG) == processID {
                processID = -1
                if (status >> 8) & 0xff == 127 { throw Failure(description: Self.cure) }
                return false
            }
            if Self.run(["\(programs)/pg_isready", "-q", "-h", directory]).code == 0 { return true }
            poll(nil, 0, 5)
        }
        throw Failure(description: "postgres did not answer in time:\n\(log)")
    }

    /// Debian keeps the programs of each version apart, and psql in PATH is a script that costs ten times its time.
    private static func findPrograms() throws(Failure) -> String {
        let root = "/usr/lib/postgresql"
        var versions: [Int] = []
        if let directory = unsafe opendir(root) {
            versions = unsafe DirectoryRemoval.names(in: directory).compactMap { Int($0) }
            unsafe closedir(directory)
        }
        let folders = versions.sorted(by: >).map { "\(root)/\($0)/bin" } + ["/usr/local/bin", "/usr/bin"]
        guard let found = folders.first(where: { unsafe access("\($0)/initdb", X_OK) == 0 }) else {
            throw Failure(description: cure)
        }
        return found
    }

    /// Root steps down, and the child still dies with the thread that began it.
    static func asServer(_ arguments: [String]) -> [String] {
        guard geteuid() == 0 else { return arguments }
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=SIGKILL", "--"]
            + arguments
    }

    private static func makeDirectory() throws(Failure) -> String {
        // Not TMPDIR, which may be too long for the path of a socket.
        var template = Array("/tmp/sluice-postgres-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw Failure(description: "mkdtemp failed") }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if geteuid() == 0 {
            guard let user = unsafe getpwnam("postgres") else { throw Failure(description: Self.cure) }
            unsafe chown(path, user.pointee.pw_uid, user.pointee.pw_gid)
        }
        return path
    }

    // MARK: Programs and files

    static func run(_ arguments: [String]) -> (code: Int32, output: String) {
        var ends: (read: Int32, write: Int32) = (-1, -1)
        guard unsafe clinux_pipe(&ends.read, &ends.write) == 0 else { return (-1, "no pipe") }
        let processID = SpawnThread.spawn(arguments, output: ends.write)
        close(ends.write)
        defer { close(ends.read) }
        let output = readAll(ends.read)
        var status: Int32 = -1
        guard processID > 0, unsafe waitpid(processID, &status, 0) == processID else { return (-1, "fork failed") }
        return ((status >> 8) & 0xff, output)
    }

    private static var now: MonotonicInstant { MonotonicInstant(nanoseconds: clinux_monotonic_ns()) }

    private static func read(_ path: String) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        return readAll(descriptor)
    }

    private static func readAll(_ descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }

    private static func write(_ text: String, to path: String) -> Bool {
        let bytes = Array(text.utf8)
        let descriptor = unsafe open(path, O_WRONLY | O_TRUNC | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count
    }
}
