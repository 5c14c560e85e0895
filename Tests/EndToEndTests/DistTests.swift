import Base
import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// What is handed over serves on a machine that has never seen the sources.
    @Suite struct Dist {
        private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path

        private func run(_ arguments: [String], _ log: String, within span: TimeSpan = .seconds(120)) throws -> String {
            let program = try Program(arguments[0], Array(arguments.dropFirst()), log: log)
            let (code, output) = try program.finish(within: span)
            #expect(code == 0, "\(arguments): \(program.log.suffix(500))")
            return output
        }

        @Test func `the packed programs serve from an unpacked archive, and packing again gives the same bytes`() throws
        {
            let folder = try TemporaryDirectory()
            let from = Program.directory
            let names = try ["a", "b"].map { to in
                try run(
                    ["\(Self.root)/scripts/dist.sh", "--from", from, "--to", folder.file(to)], folder.file("\(to).log"))
            }
            let paths = names.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
            let same = try Data(contentsOf: URL(filePath: paths[0])) == Data(contentsOf: URL(filePath: paths[1]))
            #expect(same, "\(paths)")
            _ = try run(["/usr/bin/tar", "xzf", paths[0], "-C", folder.file("a")], folder.file("tar.log"))
            let name = URL(filePath: paths[0]).lastPathComponent.replacing(".tar.gz", with: "")
            let unpacked = folder.file("a/\(name)")
            _ = try run(
                ["/bin/sh", "-c", "cd '\(unpacked)' && sha256sum --check --quiet SHA256SUMS"], folder.file("sums.log"))
            let libraries = try String(contentsOfFile: "\(unpacked)/LIBRARIES", encoding: .utf8)
            #expect(libraries.contains("libhiredis0.14") && !libraries.contains("not of a Debian package"))
            let version = try run(["\(unpacked)/bin/sluice", "version"], folder.file("version.log"))
            #expect(
                name.contains(version.trimmingCharacters(in: .whitespacesAndNewlines).replacing("sluice ", with: "")))

            let listen = Endpoint(port: freePort()), admin = Endpoint(port: freePort())
            let up = try Program(
                "\(unpacked)/bin/sluice",
                [
                    "up", "--data", folder.file("data"), "--listen", listen.authority, "--admin-listen",
                    admin.authority, "--loops", "1",
                ], log: folder.file("up.log"))
            _ = try up.ready(within: .seconds(20))
            let token = try String(contentsOfFile: folder.file("data/admin-token"), encoding: .utf8)
            let shop = Shop(http: listen, admin: admin, token: token.trimmingCharacters(in: .whitespacesAndNewlines))
            try shop.putItem("i", stock: 1)
            let ticket = try shop.buy("i", user: "a").ticket
            #expect(try shop.untilFinal(ticket, within: .seconds(10)).state == "sold")
            up.terminate()
            #expect(try up.wait(within: .seconds(10)) == 0)
        }
    }
}
