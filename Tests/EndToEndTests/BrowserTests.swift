import Base
import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// The buyer's page in a real browser: the stories of Tests/Browser.
    @Suite struct BuyersPage {
        @Test(arguments: ["story_buying", "story_carrying", "story_plain", "story_elsewhere"])
        func `buyers in a browser see what happens to them, whatever happens on the way`(stories: String) throws {
            let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "Browser/stories.py").path()
            let folder = try TemporaryDirectory()
            let program = try Program(
                "/usr/bin/python3", [script, "--programs", Program.directory, stories],
                environment: ["SLACK": "\(Knobs.slack)", "PYTHONDONTWRITEBYTECODE": "1"], log: folder.file("log"))
            defer { program.terminate() }
            let (exit, output) = try program.finish(within: .seconds(90 * Knobs.slack))
            #expect(exit == 0 && output.contains("ok    ") && !output.contains("FAULT"), "\(output)\n\(program.log)")
        }
    }
}
