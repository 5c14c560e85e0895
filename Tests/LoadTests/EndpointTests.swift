import LoadKit
import Testing

@Test(arguments: [
    ("http://127.0.0.1:8080", "127.0.0.1", 8080), ("http://127.0.0.1:8080/", "127.0.0.1", 8080),
    ("127.9.8.7:1", "127.9.8.7", 1), ("http://localhost:65535", "127.0.0.1", 65_535), ("http://[::1]:80", "::1", 80),
])
func `takes addresses of this machine`(text: String, address: String, port: Int) throws {
    let endpoint = try Endpoint(text)
    #expect(endpoint.address == address)
    #expect(Int(endpoint.port) == port)
    #expect(try Endpoint(endpoint.url) == endpoint)
}

@Test(arguments: [
    "http://10.0.0.1:80", "http://example.com:80", "http://128.0.0.1:80", "http://127.0.0.1.example.com:80",
    "http://127.0.0.256:80", "http://127.1:80", "http://127.0.0.1@10.0.0.1:80", "http://[::2]:80", "http://0.0.0.0:80",
    "http://0127.0.0.1:80", "http://127.0.0.1 :80", "http://:80",
])
func `refuses every other host`(text: String) {
    #expect(throws: Endpoint.Refusal.self) { try Endpoint(text) }
}

@Test(arguments: [
    "", "127.0.0.1", "http://127.0.0.1", "https://127.0.0.1:80", "http://127.0.0.1:0", "http://127.0.0.1:65536",
    "http://127.0.0.1:80/x", "http://127.0.0.1:+80", "http://[::1]", "http://127.0.0.1:",
])
func `refuses what is no plain URL`(text: String) {
    #expect(throws: Endpoint.Refusal.notAPlainURL) { try Endpoint(text) }
}

@Test func `reads flags in both spellings and keeps its defaults`() throws {
    let options = try RushOptions(["--buyers", "5", "--units=7", "--url=http://127.0.0.1:99", "--json", "--seed", "0"])
    #expect(options.buyers == 5)
    #expect(options.units == 7)
    #expect(options.server.url == Endpoint(loopbackPort: 99))
    #expect(options.isJSON)
    #expect(options.seed == 0)
    #expect(options.connections == 64)
    #expect(options.server.adminURL == nil)
    #expect(try RushOptions([]) == RushOptions(["--buyers", "10000", "--repeat", "10"]))
}

@Test(arguments: [
    ["--buyers"], ["--buyers", "0"], ["--buyers", "1000001"], ["--buyers", "1e3"], ["--nonsense", "1"], ["extra"],
    ["--url", "http://10.0.0.1:80"], ["--admin-url", "http://example.com:80"], ["--item", "a b"], ["--item", ""],
    ["--item", "a/../b"], ["--repeat", "101"], ["--deadline-s", "601"], ["--seed", "-1"], ["--json=yes"],
    ["--connections", "10001"],
])
func `refuses flags that it does not know or that are out of bounds`(arguments: [String]) {
    #expect(throws: Misuse.self) { try RushOptions(arguments) }
}

@Test func `what points sluice at a server points the load tests at it, and a flag beats it`() throws {
    let environment = Surroundings([
        "SLUICE_URL": "http://127.0.0.1:9000", "SLUICE_ADMIN_URL": "http://127.0.0.1:9001", "SLUICE_DATA": "/d",
        "SLUICE_ADMIN_TOKEN_FILE": "",
    ])
    let plain = try RushOptions([], environment)
    #expect(plain.server.url?.url == "http://127.0.0.1:9000" && plain.server.adminURL?.url == "http://127.0.0.1:9001")
    #expect(plain.server.token == .file("/d/admin-token"))
    let flagged = try LoadOptions(
        ["--scenario", "steady", "--url", "http://127.0.0.1:7", "--token-file", "/t"], environment)
    #expect(flagged.server.url?.url == "http://127.0.0.1:7" && flagged.server.token == .file("/t"))
    #expect(try RushOptions([], Surroundings(["SLUICE_ADMIN_TOKEN": "abc"])).server.token == .text("abc"))
    #expect(try RushOptions([]).server.token == nil)
    #expect(throws: Misuse.self) {
        try RushOptions([], Surroundings(["SLUICE_URL": "shop"]))
    }
}
