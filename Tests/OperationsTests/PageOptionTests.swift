import Base
import Domain
import Foundation
import TestKit
import Testing

@testable import Operations

private func origins(_ text: String) -> [String]? {
    do { return try KnownOptions.allowOrigin.parse(text) } catch { return nil }
}

@Test(arguments: [
    "https://shop.example", "http://localhost:3000", "https://a-b.shop.example:8443", "http://127.0.0.1:1",
    "https://[::1]:65535", "https://[2001:db8::1]",
])
func `an origin is taken as browsers write it`(text: String) {
    #expect(origins(text) == [text])
    #expect(origins("https://x,\(text)") == ["https://x", text] && origins("https://x, \(text)")?.last == text)
}

@Test(arguments: [
    "", "*", "null", "shop.example", "https://", "https://shop.example/", "https://shop.example/a",
    "https://Shop.example",
    "https://shop.example:443", "http://shop.example:80", "https://shop.example:0", "https://shop.example:08",
    "https://shop.example:65536", "https://shop.example:", "https://a@shop.example", "ftp://shop.example",
    "https://a b",
    "https://[::1", "https://::1", "https://shop.example,", ",https://shop.example", "https://*.shop.example",
])
func `what no browser would write is refused`(text: String) { #expect(origins(text) == nil) }

@Test func `there are not too many origins`() {
    let many = (0...Limits.origins).map { "https://shop-\($0).example" }
    #expect(origins(many.joined(separator: ",")) == nil)
    #expect(origins(many.dropLast().joined(separator: ","))?.count == Limits.origins)
}

@Test func `a list may be given with several flags, another option once`() throws {
    let schema = ConfigurationSchema(
        program: "test", summary: "", options: KnownOptions.list(KnownOptions.allowOrigin, KnownOptions.page))
    func load(_ arguments: String...) -> Startup {
        schema.load(Surroundings(arguments: arguments, environment: [:], cores: 1) { _, _ in .failure("") })
    }
    guard case .run(let values) = load("--allow-origin", "https://a", "--allow-origin=https://b,https://c") else {
        Issue.record("it is refused")
        return
    }
    #expect(values.optional(KnownOptions.allowOrigin) == ["https://a", "https://b", "https://c"])
    #expect(values[KnownOptions.page] == .builtIn)
    guard case .refuse(let problems) = load("--page", "on", "--page", "off") else {
        Issue.record("it is taken")
        return
    }
    #expect(problems.map(\.description) == ["--page: is given twice"])
}

// MARK: Folders

private let bounds = FolderFiles.Bounds(files: 3, fileBytes: 10, bytes: 20)

private func refusal(_ folder: String) -> String? {
    do {
        _ = try FolderFiles.read(folder, bounds)
        return nil
    } catch { return "\(error)" }
}

@Test func `the files of a folder are read in order, hidden ones left out`() throws {
    let folder = try TemporaryDirectory()
    for (name, text) in [("b", "2"), ("a", "1"), (".c", "3")] { _ = try folder.write(text, to: name) }
    let files = try FolderFiles.read(folder.path, bounds)
    #expect(files.map(\.name) == ["a", "b"] && files.map(\.bytes) == [[0x31], [0x32]])
}

@Test func `a folder is refused that is not there, too large, or has folders below it`() throws {
    #expect(refusal("/nonexistent/page")?.contains("No such file") == true)
    let folder = try TemporaryDirectory()
    _ = try folder.write(String(repeating: "x", count: 11), to: "a")
    #expect(refusal(folder.path) == "a is larger than 10 bytes")
    for name in ["a", "b", "c"] { _ = try folder.write(String(repeating: "x", count: 8), to: name) }
    #expect(refusal(folder.path) == "has more than 20 bytes")
    for name in ["a", "b", "c", "d"] { _ = try folder.write("", to: name) }
    #expect(refusal(folder.path) == "has more than 3 files")
    let outer = try TemporaryDirectory()
    _ = try ArchiveFile("x", in: outer.file("below")).abandon()
    #expect(refusal(outer.path)?.contains("below is no file") == true)
}

@Test func `a link is followed within the folder, and leads to nothing outside`() throws {
    let folder = try TemporaryDirectory()
    let other = try TemporaryDirectory()
    let secret = try other.write("secret", to: "secret")
    _ = try folder.write("own", to: ".own")
    try FileManager.default.createSymbolicLink(atPath: folder.file("a"), withDestinationPath: ".own")
    #expect(try FolderFiles.read(folder.path, bounds).map(\.bytes) == [Array("own".utf8)])
    try FileManager.default.createSymbolicLink(atPath: folder.file("b"), withDestinationPath: secret)
    #expect(refusal(folder.path) == "b is a link that leads out of the folder")
    try FileManager.default.removeItem(atPath: folder.file("b"))
    // A folder whose name begins alike is another one.
    try FileManager.default.createDirectory(atPath: folder.path + "-2", withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder.path + "-2") }
    try "x".write(toFile: folder.path + "-2/x", atomically: false, encoding: .utf8)
    try FileManager.default.createSymbolicLink(atPath: folder.file("b"), withDestinationPath: folder.path + "-2/x")
    #expect(refusal(folder.path) == "b is a link that leads out of the folder")
}
