import Foundation
import FuzzTargets
import Testing

private let corpus = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fuzz/Corpus")

@Test(arguments: FuzzTarget.allCases)
func `the committed corpus of each fuzz target runs clean`(_ target: FuzzTarget) throws {
    let folder = corpus.appending(path: target.rawValue)
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    #expect(!files.isEmpty)
    for file in files {
        let bytes = [UInt8](try Data(contentsOf: file))
        target.run(bytes.span)
    }
}
