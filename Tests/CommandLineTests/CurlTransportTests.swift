import TestKit
import Testing

@testable import CommandLineModule

@Test func `a request goes out with its method, token and body, and the answer comes back whole`() throws {
    let body = #"{"title":"Conflict","code":"in-progress"}"#
    let server = try MisbehavingServer { _ in .reply(status: 409, fields: ["Connection: close"], body: body) }
    let request = Request(
        "PUT", server.url + "/admin/v1/items/demo", token: "secret", body: .object(["stock": .integer(3)]))
    let response = try CurlTransport().send(request)
    #expect(response.status == 409)
    #expect(response.json?["code"]?.string == "in-progress")
    let sent = try #require(server.calls.first).text
    #expect(sent.hasPrefix("PUT /admin/v1/items/demo HTTP/1.1\r\n"))
    #expect(sent.contains("\r\nAuthorization: Bearer secret\r\n"))
    #expect(sent.contains("\r\nContent-Type: application/json\r\n"))
    #expect(sent.hasSuffix("\r\n\r\n{\"stock\":3}"))
}

@Test func `a redirect is an answer, not followed`() throws {
    let server = try MisbehavingServer { _ in
        .reply(status: 302, fields: ["Location: http://127.0.0.1:1/", "Connection: close"])
    }
    #expect(try CurlTransport().send(Request("GET", server.url)).status == 302)
    #expect(server.calls.map(\.line) == ["GET / HTTP/1.1"])
}

@Test func `an answer that breaks off is a failure`() throws {
    let server = try MisbehavingServer { _ in .cut("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}") }
    let failure = #expect(throws: Failure.self) { try CurlTransport().send(Request("GET", server.url)) }
    #expect(failure?.code == .failed)
    #expect(server.calls.map(\.line) == ["GET / HTTP/1.1"])
}

@Test(arguments: ["http://127.0.0.1:1/", "file:///etc/hostname"])
func `no server there, or no HTTP at all, is a failure`(url: String) {
    #expect(throws: Failure.self) { try CurlTransport().send(Request("GET", url)) }
}
