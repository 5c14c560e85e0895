import Base
import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// What the programs write where nothing reads it, and what is left behind when they run alone.
    @Suite struct Output {
        private func shell(_ script: String, _ words: [String] = []) throws -> (code: Int32, log: String) {
            let folder = try TemporaryDirectory()
            let program = try Program("/bin/sh", ["-c", script, "sh"] + words, log: folder.file("log"))
            return (try program.wait(within: .seconds(20)), program.log)
        }

        @Test(arguments: [
            "sluice version", "sluice help", "sluice orders init --dry-run", "sluice-queue --version",
            "sluice-worker --help", "sluice-rush --help",
        ])
        func `an answer that can't be written is a failure`(command: String) throws {
            let words = command.split(separator: " ").map(String.init)
            let path = try Program.path(of: words[0])
            for output in [">/dev/full", ">&-"] {
                let (code, log) = try shell("exec \"$@\" \(output)", [path] + words.dropFirst())
                #expect(code == 1, "\(output): \(code)")
                #expect(words[0] == "sluice-rush" || log.contains("stdout can't be written"), "\(log)")
            }
        }

        @Test func `up collects whoever is left to it, as the first process of a container must`() throws {
            let folder = try TemporaryDirectory()
            let note = folder.file("orphan")
            // A Redis that leaves a process behind, and `up` as the one who inherits it.
            let redis = try folder.write(
                "#!/bin/sh\n(sleep 0.2 & echo $! >'\(note)')\nexec redis-server \"$@\"\n", to: "redis")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: redis)
            let subreaper = """
                import ctypes, os, sys
                ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
                os.execv(sys.argv[1], sys.argv[1:])
                """
            let up = try Program(
                "/usr/bin/python3",
                [
                    "-c", subreaper, try Program.path(of: "sluice"), "up", "--data", folder.file("data"), "--listen",
                    "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--loops", "1", "--redis-server", redis,
                ], log: folder.file("up.log"))
            _ = try up.ready(within: .seconds(20))
            let text = try String(contentsOfFile: note, encoding: .utf8)
            let orphan = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
            #expect(eventually(within: .seconds(10)) { !FileManager.default.fileExists(atPath: "/proc/\(orphan)") })
            up.terminate()
            #expect(try up.wait(within: .seconds(15)) == 0)
        }
    }
}
