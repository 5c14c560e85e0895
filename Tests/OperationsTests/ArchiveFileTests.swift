import Base
import EventLoop
import Foundation
import Testing

@testable import Operations

private let folder = NSTemporaryDirectory() + "sluice-files-\(UInt64.random(in: 0...UInt64.max))"

private func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
}

@Test func `an archive has its name when all of it is on the disk, and what was given up leaves nothing`() throws {
    let place = folder + "-whole"
    defer { try? FileManager.default.removeItem(atPath: place) }
    var file = try ArchiveFile("a.ndjson", in: place)
    try file.append(Array("one\ntwo\n".utf8))
    try file.append(Array("three\n".utf8))
    #expect(!names(in: place).contains("a.ndjson") && names(in: place).count == 1)
    try file.finish()
    #expect(names(in: place) == ["a.ndjson"] && file.lines == 3 && file.bytes == 14)
    #expect(try String(contentsOfFile: file.path, encoding: .utf8) == "one\ntwo\nthree\n")
    var other = try ArchiveFile("b.ndjson", in: place)
    try other.append(Array("x\n".utf8))
    other.abandon()
    #expect(names(in: place) == ["a.ndjson"])
}

@Test(arguments: ["one\ntwX\n", "one\n", "one\ntwo\nmore\n"])
func `bytes that are not those that were written are noticed, and the file gets no name`(found: String) throws {
    let place = folder + "-\(found.count)"
    defer { try? FileManager.default.removeItem(atPath: place) }
    var file = try ArchiveFile("a.ndjson", in: place)
    try file.append(Array("one\ntwo\n".utf8))
    let partial = try #require(names(in: place).first)
    let handle = try #require(FileHandle(forWritingAtPath: "\(place)/\(partial)"))
    try handle.truncate(atOffset: 0)
    try handle.write(contentsOf: Data(found.utf8))
    try handle.close()
    let failure = #expect(throws: ArchiveFile.Failure.self) { try file.finish() }
    #expect(failure?.description.contains("other bytes") == true && names(in: place).isEmpty)
}

@Test func `work that blocks is done on another thread, and its result comes back on the loop's`() throws {
    let loop = try EventLoop()
    let home = pthread_self()
    var (there, here): (pthread_t?, pthread_t?) = (nil, nil)
    BlockingWork.run(for: loop, { pthread_self() }) { thread in (there, here) = (thread, pthread_self()) }
    #expect(here == nil, "not before a turn of the loop")
    let end = EventLoop.readMonotonicClock() + .seconds(20)
    while here == nil, EventLoop.readMonotonicClock() < end { loop.turn(waitAtMost: .milliseconds(10)) }
    #expect(here == home && there != home)
}
