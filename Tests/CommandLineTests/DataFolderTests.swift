import Base
import Glibc
import Operations
import TestKit
import Testing

@testable import CommandLineModule

private func mode(_ path: String) -> UInt32 {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
}

@Test func `secrets are made once, private, and of 256 bits`() throws {
    let temporary = try TemporaryDirectory()
    let folder = try DataFolder(making: temporary.path + "/deep/data")
    try folder.makeSecrets()
    #expect(mode(folder.path) == 0o700)
    let files = [folder.ticketKeyFile, folder.adminTokenFile]
    #expect(files.map(mode) == [0o600, 0o600])
    let texts = files.map { readLine(of: $0) ?? "" }
    #expect(texts.allSatisfy { $0.count == 64 && $0.allSatisfy(\.isHexDigit) })
    #expect(texts[0] != texts[1])
    try folder.makeSecrets()
    #expect(files.map { readLine(of: $0) } == texts)
}

@Test(arguments: ["", "abc\n", String(repeating: "g", count: 64), String(repeating: "a", count: 64) + "\n\nab"])
func `a damaged ticket key stops the start and is not changed`(text: String) throws {
    let temporary = try TemporaryDirectory()
    let folder = try DataFolder(making: temporary.path)
    try replaceFile(folder.ticketKeyFile, with: text, mode: 0o600)
    let failure = #expect(throws: Failure.self) { try folder.makeSecrets() }
    #expect(failure?.code == .badConfiguration)
    #expect(readFile(folder.ticketKeyFile) == Array(text.utf8))
}

@Test func `two keys, as during a rotation, are fine`() throws {
    let temporary = try TemporaryDirectory()
    let folder = try DataFolder(making: temporary.path)
    let keys = ["a", "b"].map { String(repeating: $0, count: 64) }.joined(separator: "\n")
    try replaceFile(folder.ticketKeyFile, with: keys + "\n", mode: 0o600)
    try folder.makeSecrets()
}

@Test func `the private Redis keeps every write, evicts nothing and has no port`() {
    let lines = RedisConfiguration.text(folder: "/d/redis", isFsyncAlways: false).split(separator: "\n")
    for line in [
        "dir \"/d/redis\"", "port 0", "unixsocket redis.sock", "unixsocketperm 700", "appendonly yes",
        "appendfsync everysec", "save \"\"", "maxmemory-policy noeviction", "aof-load-truncated yes",
        "no-appendfsync-on-rewrite no",
    ] { #expect(lines.contains(Substring(line))) }
    let safe = RedisConfiguration.text(folder: "/d/redis", isFsyncAlways: true)
    #expect(safe.contains("\nappendfsync always\n"))
    #expect(!safe.contains("everysec"))
}

@Test func `a folder's odd characters cannot write configuration of their own`() {
    #expect(RedisConfiguration.quoted("/a \"b\"\n\\é") == #""/a \x22b\x22\x0a\x5c\xc3\xa9""#)
}

@Test func `a path too long for a socket goes through a descriptor`() throws {
    #expect(try SocketPath.reachable(folder: "/tmp", name: "redis.sock") == "/tmp/redis.sock")
    let temporary = try TemporaryDirectory()
    let folder = try DataFolder(making: temporary.path + "/" + String(repeating: "x", count: 120))
    let short = try SocketPath.reachable(folder: folder.path, name: "f")
    #expect(short.utf8.count <= SocketPath.bytesAtMost)
    try replaceFile(folder.path + "/f", with: "found", mode: 0o600)
    #expect(readLine(of: short) == "found")
    if let number = Int32(short.split(separator: "/")[3]) { close(number) }
}

@Test func `the list of nodes is JSON with null for what is not known`() throws {
    let addresses = try #require(
        ReadyLine(parsing: "ready http=http://h:1 admin=http://h:2 ops=http://h:3 pid=9 node=queue-1"))
    let text = NodesFile.text([
        NodesFile.Entry(node: Node(.redis), pid: 7, addresses: ReadyLine()),
        NodesFile.Entry(node: Node(.queue), pid: 9, addresses: addresses),
    ])
    let nodes = try #require(JSONValue(parsing: Array(text.utf8))?.array)
    #expect(nodes.map { $0["name"]?.string } == ["redis", "queue-1"])
    #expect(nodes[0]["http"] == .null)
    #expect(
        nodes[1]
            == .object([
                "name": .string("queue-1"), "role": .string("queue"), "pid": .integer(9), "http": .string("http://h:1"),
                "admin": .string("http://h:2"), "ops": .string("http://h:3"),
            ]))
}

@Test(arguments: ["", "readyish", "not ready http=x", "{\"ready\":1}"])
func `other lines are not ready lines`(line: String) {
    #expect(ReadyLine(parsing: line) == nil)
}

@Test func `lines are cut right at every offset, and an endless one is bounded`() {
    let bytes = Array("one\ntwo\n\nthree".utf8)
    for cut in 0...bytes.count {
        var splitter = LineSplitter()
        #expect(splitter.append(bytes[..<cut]) + splitter.append(bytes[cut...]) == ["one", "two", ""])
    }
    var splitter = LineSplitter()
    let lines = splitter.append([UInt8](repeating: 65, count: 1 << 20) + [10])
    #expect(lines.map(\.utf8.count) == [LineSplitter.longest])
}
