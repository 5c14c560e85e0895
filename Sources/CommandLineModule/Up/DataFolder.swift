import CLinux
import Glibc
import Operations

/// The folder of one `up`: its secrets, its lock, its private store.
public struct DataFolder: Sendable {
    /// Absolute, without symbolic links.
    public let path: String

    /// Opens the folder, making it (0700) and its parents where missing.
    public init(making path: String) throws(Failure) {
        try Self.makeFolder(path)
        guard let resolved = unsafe realpath(path, nil) else { throw fileFailure(path) }
        defer { unsafe free(resolved) }
        self.path = unsafe String(cString: resolved)
    }

    public var redisFolder: String { path + "/redis" }
    public var ticketKeyFile: String { path + "/ticket-key" }
    public var adminTokenFile: String { path + "/admin-token" }
    public var nodesFile: String { path + "/nodes.json" }
    public var lockFile: String { path + "/lock" }

    private static func makeFolder(_ path: String) throws(Failure) {
        if unsafe mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.dropLast().lastIndex(of: "/"), slash != path.startIndex else {
            throw fileFailure(path)
        }
        try makeFolder(String(path[..<slash]))
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else { throw fileFailure(path) }
    }

    /// Makes the two secrets (0600, 256 bit from the kernel) where they are missing; checks those that are there.
    public func makeSecrets() throws(Failure) {
        for path in [ticketKeyFile, adminTokenFile] where unsafe access(path, F_OK) != 0 {
            try replaceFile(path, with: try Self.randomHex() + "\n", mode: 0o600)
        }
        let keys = readFile(ticketKeyFile).map { String(decoding: $0, as: UTF8.self) }
        guard let keys, (try? KnownOptions.ticketKey.parse(keys)) != nil else {
            throw Failure(
                .badConfiguration, "\(ticketKeyFile) must hold one or two lines of 64 hex digits",
                hint: "put the old file back: tickets signed with another key are worth nothing")
        }
        guard let token = readLine(of: adminTokenFile), (try? KnownOptions.adminToken.parse(token)) != nil else {
            throw Failure(
                .badConfiguration, "\(adminTokenFile) must hold one line of at least 32 characters",
                hint: "remove it to have a new one made")
        }
    }

    private static func randomHex() throws(Failure) -> String {
        var bytes = [UInt8](repeating: 0, count: 32)
        guard unsafe clinux_random(&bytes, bytes.count) == 0 else { throw fileFailure("getrandom") }
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    /// Makes `redis/` and writes its configuration; a log of more than 8 MiB is renamed, one generation.
    ///
    /// - Returns: the path of the configuration.
    public func prepareRedis(isFsyncAlways: Bool) throws(Failure) -> String {
        guard unsafe mkdir(redisFolder, 0o700) == 0 || errno == EEXIST else { throw fileFailure(redisFolder) }
        var log = stat()
        if unsafe stat("\(redisFolder)/redis.log", &log) == 0, log.st_size > 8 << 20 {
            unsafe rename("\(redisFolder)/redis.log", "\(redisFolder)/redis.log.1")
        }
        let file = "\(redisFolder)/redis.conf"
        let text = RedisConfiguration.text(folder: redisFolder, isFsyncAlways: isFsyncAlways)
        try replaceFile(file, with: text, mode: 0o600)
        return file
    }
}
