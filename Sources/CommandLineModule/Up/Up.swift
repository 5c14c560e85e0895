import CLinux
import EventLoop
import Glibc
import Operations

/// `sluice up`: everything on one machine, until a signal ends it.
struct Up {
    private let configuration: UpConfiguration
    private let environment: [String: String]

    init(_ invocation: Invocation, environment: [String: String]) {
        configuration = UpConfiguration(invocation, binaries: Self.ownFolder())
        self.environment = environment
    }

    func run() throws(Failure) -> ExitCode {
        try checkPrograms()
        if configuration.durability == .replicated, configuration.redisURL == nil {
            throw Failure(
                .badConfiguration, "the private Redis has no replicas",
                hint: "name a Redis that has some with --redis-url, or use --durability safe")
        }
        umask(0o077)
        _ = clinux_raise_fd_limit()
        let folder = try DataFolder(making: configuration.dataFolder)
        let lock = try DataLock(file: folder.lockFile)
        try folder.makeSecrets()
        let publicPort = try Reservation(configuration.listen)
        let adminPort = try Reservation(configuration.adminListen)
        let surroundings = UpConfiguration.Surroundings(
            redisURL: try redisURL(folder),
            redisConfiguration: configuration.redisURL == nil
                ? try folder.prepareRedis(isFsyncAlways: configuration.isFsyncAlways) : nil,
            ticketKeyFile: secret(configuration.ticketKeyFile, "SLUICE_TICKET_KEY", folder.ticketKeyFile),
            adminTokenFile: secret(configuration.adminTokenFile, "SLUICE_ADMIN_TOKEN", folder.adminTokenFile),
            listen: publicPort.address, adminListen: adminPort.address)
        do throws(SystemError) {
            let code = try Supervisor(configuration, surroundings, folder: folder, environment: environment).run()
            publicPort.end()
            adminPort.end()
            lock.end()
            return code
        } catch {
            throw Failure(.failed, "\(error)")
        }
    }

    /// The file to hand on; nil where the environment holds the secret itself, which the modules then read.
    private func secret(_ flag: String?, _ variable: String, _ file: String) -> String? {
        flag ?? (environment[variable]?.isEmpty == false ? nil : file)
    }

    private func redisURL(_ folder: DataFolder) throws(Failure) -> String {
        if let url = configuration.redisURL { return url }
        guard unsafe mkdir(folder.redisFolder, 0o700) == 0 || errno == EEXIST else {
            throw fileFailure(folder.redisFolder)
        }
        return "unix://\(try SocketPath.reachable(folder: folder.redisFolder, name: "redis.sock"))"
    }

    private func checkPrograms() throws(Failure) {
        for role in [Node.Role.queue, .scheduler, .worker] {
            let program = configuration.program(role)
            guard unsafe access(program, X_OK) == 0 else {
                throw Failure(.failed, "\(program) is not there", hint: "make build")
            }
        }
    }

    private static func ownFolder() -> String {
        var bytes = [CChar](repeating: 0, count: 4_096)
        let count = unsafe readlink("/proc/self/exe", &bytes, bytes.count)
        let path = String(decoding: bytes.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
}
