import Foundation

/// The server that a test loads: one that runs already, or one started for this test and stopped after it.
public final class ServerUnderTest {
    public let endpoint: Endpoint
    public let adminEndpoint: Endpoint
    public let token: AdminToken
    private let own: OwnServer?
    private let output: Output

    /// Finds what serves at the URL; with none given and nothing at the usual address, starts a server of its own.
    ///
    /// - Parameters:
    ///   - name: what the data folder of a started server begins with.
    ///   - flags: more flags of `sluice up` for a started server.
    ///   - mustExist: why a started server would be of no use, nil when it would be.
    public init(
        _ options: ServerOptions, name: String, flags: [String] = [], mustExist: String? = nil, output: Output
    ) throws(Trouble) {
        self.output = output
        let usual = options.url ?? Endpoint(loopbackPort: 8080)
        if try ServerClient(usual).isServing() {
            endpoint = usual
            adminEndpoint = options.adminURL ?? Endpoint(loopbackPort: 8081)
            token = options.token ?? .file("./data/admin-token")
            own = nil
            return
        }
        guard options.url == nil else { throw Trouble("nothing listens at \(usual.url)") }
        if let mustExist { throw Trouble("nothing listens at \(usual.url), so \(mustExist)") }
        let program = options.program ?? Self.sluiceBesideThis
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw Trouble("nothing listens at \(usual.url), and \(program) is not built: make build, or --sluice PATH")
        }
        let server = try OwnServer(program: program, name: name, flags: flags)
        own = server
        endpoint = server.endpoint
        adminEndpoint = server.adminEndpoint
        // It takes the token of its environment, which is ours.
        let given = Surroundings.ofThisProcess
        token =
            given.token.map { .text($0) }
            ?? .file(ProcessInfo.processInfo.environment["SLUICE_ADMIN_TOKEN_FILE"] ?? server.tokenFile)
        output.line("nothing listens at \(usual.url): started \(server.endpoint.url) for this run")
    }

    /// Stops a server that was started here and prints how it ended; true when it ended as it should, or was not ours.
    @discardableResult
    public func close(isKept: Bool) -> Bool {
        guard let own else { return true }
        let ending = own.stop(isKept: isKept)
        switch ending {
        case .exited(let code): output.line("the server started for this run exited with \(code)")
        case .killed(let signal): output.line("the server started for this run was ended by signal \(signal)")
        }
        let isClean = ending == .exited(code: 0)
        if isKept || !isClean {
            output.line("its data and log are kept: \(own.folderPath), \(own.folderPath).log")
        }
        return isClean
    }

    private static var sluiceBesideThis: String {
        let beside = Bundle.main.executableURL?.deletingLastPathComponent().appending(path: "sluice").path
        guard let beside, FileManager.default.isExecutableFile(atPath: beside) else { return ".build/release/sluice" }
        return beside
    }
}
