import Base
import Foundation
import Testing

/// The seeds of the fuzzer, replayed: a name that begins with `y_` is a document, one that begins with `n_` is none.
@Test func `every file of the fuzzing corpus is judged by its name`() throws {
    let folder = URL(filePath: #filePath).appending(path: "../../Fuzz/Corpus/json").standardized
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(names.count >= 30)
    for name in names {
        let bytes = [UInt8](try Data(contentsOf: folder.appending(path: name)))
        #expect(isAccepted(bytes) == name.hasPrefix("y_"), "\(name)")
    }
}
