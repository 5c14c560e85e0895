import Foundation
import Testing

private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// The parts of `make capacity-check` and `make soak` that need no processes have tests of their own, in Python as they
/// are.
@Test(arguments: [("capacity", 30), ("soak", 4)])
func `the judgements of the runners keep their own tests`(folder: String, least: Int) throws {
    let python = Process()
    python.executableURL = URL(filePath: "/usr/bin/env")
    python.arguments = ["python3", "-B", "-m", "unittest", "discover", "--start-directory", "LoadTests/\(folder)"]
    python.currentDirectoryURL = root
    let said = Pipe()
    python.standardError = said  // where unittest reports
    try python.run()
    let report = String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    python.waitUntilExit()
    #expect(python.terminationStatus == 0, "\(report)")
    // None found would be fine with it.
    let count = report.split(separator: "\n").first { $0.hasPrefix("Ran ") }?.split(separator: " ")[1]
    #expect(count.flatMap { Int($0) }.map { $0 >= least } == true, "\(report)")
}
