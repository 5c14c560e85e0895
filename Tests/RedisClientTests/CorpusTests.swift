import Glibc
import TestKit
import Testing

@testable import RedisClient

/// The files that fuzzing of the decoder begins with; each also holds a case that once needed thought.
private let corpus: [(name: String, bytes: [UInt8])] = {
    let folder = #filePath.split(separator: "/").dropLast(2).reduce(into: "") { $0 += "/" + $1 } + "/Fuzz/Corpus/resp"
    return FolderReading.files(in: folder)
}()

@Test func `the corpus of replies is there`() {
    #expect((20...40).contains(corpus.count))
}

@Test(arguments: corpus.map(\.name))
func `decodes a file of the corpus the same, however it is cut`(name: String) throws {
    let bytes = try #require(corpus.first { $0.name == name }).bytes
    let whole = decode(bytes, mostReplyBytes: 4096)
    for cut in 0...bytes.count {
        let parts = decode(bytes, cuts: [cut], mostReplyBytes: 4096)
        #expect(parts.replies == whole.replies && parts.error == whole.error, "cut at \(cut)")
    }
    let single = decode(bytes, cuts: Array(1..<max(1, bytes.count)), mostReplyBytes: 4096)
    #expect(single.replies == whole.replies && single.error == whole.error)
    #expect((whole.error != nil) == name.hasPrefix("bad-"))
}
