import Base
import EventLoop
import Foundation
import HTTPServer
import TestKit
import Testing

@testable import Operations

/// An ops listener on a loop that the test turns.
private final class Rig {
    let loop: EventLoop
    let client: HTTPClient
    private let server: OpsServer
    var isReady = true
    var reasons: [String] = []
    var others: [String] = []

    init() throws {
        let loop = try EventLoop()
        let owner = Owner()
        server = try OpsServer(
            loop: loop, address: Operations.ListenAddress(host: "127.0.0.1", port: 0),
            answers: OpsServer.Answers(
                isReady: { owner.rig?.isReady ?? false }, reasons: { owner.rig?.reasons ?? [] },
                metrics: {
                    var page = MetricsPage()
                    page.gauge("sluice_test", help: "a test", 7)
                    return page
                },
                other: { request, exchange, server in
                    let path = request.withPath { String(utf8: $0) }
                    owner.rig?.others.append(path)
                    guard path == "/mine" else { return false }
                    server.respond(to: exchange) { $0.body.append("mine") }
                    return true
                }))
        self.loop = loop
        client = HTTPClient(Endpoint(port: server.port))
        owner.rig = self
    }

    private final class Owner { weak var rig: Rig? }

    deinit { server.close() }

    struct NoAnswer: Error {}

    func ask(_ method: String, _ target: String) throws -> HTTPReply {
        try client.post(HTTPRequest(method, target))
        let end = EventLoop.readMonotonicClock() + .seconds(10)
        while EventLoop.readMonotonicClock() < end {
            loop.turn(waitAtMost: .milliseconds(10))
            do { return try client.readReply(within: .zero, bodiless: method == "HEAD") } catch SocketError.timedOut {}
        }
        throw NoAnswer()
    }
}

private func object(_ reply: HTTPReply) throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(reply.body)) as? [String: Any] ?? [:]
}

@Test func `the ops listener shows that the process lives, whether it is ready, and why not`() throws {
    let rig = try Rig()
    let alive = try rig.ask("GET", "/livez")
    #expect(alive.status == 200 && alive.header("Cache-Control") == "no-store")
    #expect(try object(alive)["status"] as? String == "alive")
    let ready = try rig.ask("GET", "/readyz")
    #expect(try ready.status == 200 && object(ready)["ready"] as? Bool == true)
    #expect(try object(ready)["reasons"] as? [String] == [])
    rig.isReady = false
    rig.reasons = ["store: gone\n", "stopping"]
    let waiting = try rig.ask("GET", "/readyz")
    #expect(try waiting.status == 503 && object(waiting)["ready"] as? Bool == false)
    #expect(try object(waiting)["reasons"] as? [String] == rig.reasons)
    #expect(try rig.ask("GET", "/livez").status == 200)
    #expect(rig.others.isEmpty)
}

@Test func `the ops listener serves the metrics as they are at that moment`() throws {
    let rig = try Rig()
    let reply = try rig.ask("GET", "/metrics")
    #expect(reply.status == 200 && reply.header("Content-Type")?.hasPrefix("text/plain; version=0.0.4") == true)
    #expect(reply.text.contains("\nsluice_test 7\n"))
    let head = try rig.ask("HEAD", "/metrics")
    #expect(head.status == 200 && head.body.isEmpty && head.header("Content-Length") == "\(reply.body.count)")
}

@Test func `what the ops listener does not know is for its process, else nowhere`() throws {
    let rig = try Rig()
    #expect(try rig.ask("PUT", "/mine").text == "mine")
    for (method, target) in [("GET", "/"), ("GET", "/livez/"), ("POST", "/livez"), ("DELETE", "/metrics")] {
        let reply = try rig.ask(method, target)
        #expect(reply.status == 404 && reply.code == "unknown-route", "\(method) \(target)")
        #expect(reply.header("Content-Type") == "application/problem+json")
    }
    #expect(rig.others == ["/mine", "/", "/livez/", "/livez", "/metrics"])
}

@Test func `every start of a process is another node`() {
    let names = Set((0..<100).map { _ in RunningProcess.uniqueName("worker") })
    #expect(names.count == 100)
    #expect(names.allSatisfy { $0.hasPrefix("worker-\(ProcessInfo.processInfo.processIdentifier)-") })
}

@Test func `the ops listener names the build`() throws {
    let rig = try Rig()
    let version = try object(rig.ask("GET", "/version"))
    #expect(version["version"] as? String == BuildVersion.current && version["name"] as? String == "sluice")
}
