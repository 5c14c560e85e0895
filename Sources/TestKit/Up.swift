import Base
import Foundation

/// `sluice up` on a data folder of its own, with the children it lists.
public final class Up {
    /// One child, as `nodes.json` has it.
    public struct Child: Decodable, Sendable, Equatable {
        public var name: String
        public var pid: Int32
        public var ops: String?
    }

    public let directory: TemporaryDirectory
    public let program: Program
    public let shop: Shop
    public let data: String
    public let ready: ReadyLine

    public init(_ flags: [String] = []) throws {
        directory = try TemporaryDirectory()
        data = directory.file("data")
        // Fixed ports: a queue process that is started again has to be found where it was.
        let http = Endpoint(port: freePort())
        let admin = Endpoint(port: freePort())
        program = try Program(
            "sluice",
            ["up", "--data", data, "--listen", http.authority, "--admin-listen", admin.authority, "--loops", "1"]
                + flags,
            log: directory.file("up.log"))
        ready = try program.ready(within: .seconds(15))
        let token = try String(contentsOfFile: "\(data)/admin-token", encoding: .utf8)
        shop = Shop(http: http, admin: admin, token: token.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    deinit {
        program.terminate()
        _ = try? program.wait(within: .seconds(10))
    }

    /// The children as they are listed now; the file is replaced whole when one is started again.
    public func children() throws -> [Child] {
        try JSONDecoder().decode([Child].self, from: Data(contentsOf: URL(fileURLWithPath: "\(data)/nodes.json")))
    }
}
