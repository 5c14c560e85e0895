import Base
import Testing

@testable import RedisClient

@Test(arguments: [
    ("redis://localhost", RedisEndpoint(address: .tcp(host: "localhost", port: 6379))),
    ("redis://10.0.0.1:7000/", RedisEndpoint(address: .tcp(host: "10.0.0.1", port: 7000))),
    ("redis://[::1]:7000/15", RedisEndpoint(address: .tcp(host: "::1", port: 7000), database: 15)),
    ("REDIS://[::1]", RedisEndpoint(address: .tcp(host: "::1", port: 6379))),
    ("redis://:p%40ss%2F@h/2", RedisEndpoint(address: .tcp(host: "h", port: 6379), password: "p@ss/", database: 2)),
    ("redis://me:p:@x@h", RedisEndpoint(address: .tcp(host: "h", port: 6379), user: "me", password: "p:@x")),
    ("redis://me@h", RedisEndpoint(address: .tcp(host: "h", port: 6379), user: "me")),
    ("redis://m%C3%A9:@h", RedisEndpoint(address: .tcp(host: "h", port: 6379), user: "mé", password: "")),
    ("unix:///run/redis.sock", RedisEndpoint(address: .unix(path: "/run/redis.sock"))),
    ("unix:///a%20b?db=3", RedisEndpoint(address: .unix(path: "/a b"), database: 3)),
    ("redis+unix://u:p@/s?db=0", RedisEndpoint(address: .unix(path: "/s"), user: "u", password: "p")),
])
func `reads every form of the store's URL`(url: String, expected: RedisEndpoint) throws {
    #expect(try RedisEndpoint(url: url) == expected)
}

@Test(arguments: [
    ("", RedisEndpointError.unknownScheme), ("localhost:6379", .unknownScheme), ("http://h", .unknownScheme),
    ("rediss://h", .tlsUnsupported), ("redis://", .noHost), ("redis://:secret@", .noHost), ("redis://:6379", .noHost),
    ("redis://h:0", .badPort), ("redis://h:65536", .badPort), ("redis://h:", .badPort), ("redis://h:+1", .badPort),
    ("redis://h:000001", .badPort), ("redis://user:secret", .badPort), ("redis://h/x", .badDatabase),
    ("redis://h/-1", .badDatabase), ("redis://h/0/1", .badDatabase), ("redis://h/99999999999", .badDatabase),
    ("redis://a b", .badHost), ("redis://[::1", .badHost), ("redis://[h]", .badHost), ("redis://[::1]x", .badHost),
    ("redis://:%zz@h", .badEscape), ("redis://:%4@h", .badEscape), ("redis://:%ff@h", .badEscape),
    ("redis://h?db=1", .unknownParameter), ("unix://run/redis.sock", .noPath), ("unix://", .noPath),
    ("unix:///s?x=1", .unknownParameter), ("unix:///s?db=", .badDatabase), ("unix:///s?db=1&x=2", .unknownParameter),
    ("unix:///a%00b", .badPath), ("unix:///" + String(repeating: "x", count: 107), .pathTooLong),
])
func `reports what is wrong with a URL, without any part of it`(url: String, expected: RedisEndpointError) {
    #expect(throws: expected) { try RedisEndpoint(url: url) }
    #expect(!expected.description.contains("secret"))
}

@Test func `never shows the password`() throws {
    for url in ["redis://me:hush@h:1/2", "redis://:hush@[::1]:1/2", "unix://me:hush@/s?db=1"] {
        let endpoint = try RedisEndpoint(url: url)
        var dumped = ""
        dump(endpoint, to: &dumped)
        for text in ["\(endpoint)", String(reflecting: endpoint), dumped] {
            #expect(!text.contains("hush"))
            #expect(text.contains(":***@"))
        }
    }
    #expect(try RedisEndpoint(url: "redis://me:hush@h:1/2").description == "redis://me:***@h:1/2")
    #expect(try RedisEndpoint(url: "redis://[::1]").description == "redis://[::1]:6379/0")
}

@Test(arguments: [
    ("redis://127.0.0.1:1", "127.0.0.1:1"), ("redis://[::1]:6379/2", "[::1]:6379"),
    ("unix:///run/redis.sock", "/run/redis.sock"),
])
func `where a store listens is written as people write it`(url: String, place: String) throws {
    #expect(try RedisEndpoint(url: url).address.description == place)
}
