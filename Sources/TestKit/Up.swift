import Base
import Foundation

/// `sluice up` on a data folder of its own, with the children it lists.
package final class Up {
    /// One child, as `nodes.json` tells it.
    package struct Child: Decodable, Sendable, Equatable {
        package var name: String
        package var pid: Int32
        package var ops: String?
    }

    package let directory: TemporaryDirectory
    package let program: Program
    package let shop: Shop
    package let data: String
    package let ready: ReadyLine

    package init(_ flags: [String] = []) throws {
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

    package var redisSocket: String { "\(data)/redis/redis.sock" }

    /// The children as they are listed now; the file is replaced whole when one is started again.
    package func children() throws -> [Child] {
        try JSONDecoder().decode([Child].self, from: Data(contentsOf: URL(fileURLWithPath: "\(data)/nodes.json")))
    }
}
