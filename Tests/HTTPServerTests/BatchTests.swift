import Base
import EventLoop
import Glibc
import Testing

@testable import HTTPServer

private func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n" }

@Test func `answers that are given together leave at the end, each to its own connection`() throws {
    let harness = try Harness()
    let clients = (0..<3).map { _ in harness.connect() }
    for (index, client) in clients.enumerated() { client.send(get("/later\(index)")) }
    harness.turn { harness.handler.waiting.count == 3 }
    let before = harness.server.statistics.bytesOut
    harness.server.together {
        for (exchange, path) in zip(harness.handler.waiting, harness.handler.seen).reversed() {
            harness.handler.answer(exchange, path)
            #expect(!harness.server.isOpen(exchange))
        }
        #expect(harness.server.statistics.bytesOut == before)
    }
    #expect(harness.server.statistics.bytesOut > before)
    for (index, client) in clients.enumerated() {
        #expect(client.await(1) && client.answers == ["200 /later\(index)"])
    }
}

@Test func `a handler that answers another connection in between mixes no answers up`() throws {
    let harness = try Harness()
    let (patient, quick) = (harness.connect(), harness.connect())
    harness.handler.onRequest = { request, exchange in
        let path = request.withPath { String(decoding: Array(copying: $0), as: UTF8.self) }
        if path == "/later" {
            harness.handler.waiting.append(exchange)
            return
        }
        for other in harness.handler.waiting where path == "/second" {
            harness.handler.answer(other, "for the patient")
        }
        harness.handler.answer(exchange, path)
    }
    // All of it is there before the first turn: one batch.
    patient.send(get("/before") + get("/later") + get("/after"))
    quick.send(get("/first") + get("/second") + get("/third"))
    #expect(quick.await(3) && patient.await(3))
    #expect(quick.answers == ["200 /first", "200 /second", "200 /third"])
    #expect(patient.answers == ["200 /before", "200 for the patient", "200 /after"])
}

@Test func `a handler that closes everything in the middle of a batch leaves nothing to be handled`() throws {
    let harness = try Harness()
    let clients = (0..<3).map { _ in harness.connect() }
    #expect(clients.allSatisfy { harness.exchange(get("/on"), answers: 1).hasSuffix("/on") && !$0.isEnded })
    harness.handler.seen = []
    var others: [Int32] = []
    defer { for descriptor in others { close(descriptor) } }
    harness.handler.onRequest = { _, exchange in
        harness.handler.answer(exchange, "too late")
        harness.server.close()
        // They get the numbers that have become free, and must not get the answer.
        for _ in 0..<4 {
            var pair: [Int32] = [0, 0]
            _ = unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair)
            others += pair
        }
    }
    for client in clients { client.send(get("/x") + get("/y")) }
    for client in clients { #expect(client.awaitEnd() && client.received.isEmpty) }
    #expect(harness.handler.seen == ["/x"])
    #expect(harness.server.statistics.connectionsOpen == 0)
    #expect(!others.isEmpty)
    for descriptor in others {
        var byte: UInt8 = 0
        #expect(unsafe recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT)) == -1)
    }
}

@Test func `more connections and more bytes than a batch holds are all served`() throws {
    let harness = try Harness()
    harness.handler.onRequest = { request, exchange in
        let path = request.withPath { String(decoding: Array(copying: $0), as: UTF8.self) }
        let length = request.withBody { body in
            body.indices.allSatisfy { body[$0] == path.utf8.last } ? body.count : -1
        }
        harness.handler.answer(exchange, "\(path) \(length)")
    }
    let clients = (0..<3 * RequestReader.batchSize).map { _ in harness.connect() }
    for (index, client) in clients.enumerated() {
        let digit = index % 10
        let body = String(repeating: "\(digit)", count: index * 127 % 4_000)
        client.send("POST /\(digit) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }
    for (index, client) in clients.enumerated() {
        #expect(client.await(1) && client.answers == ["200 /\(index % 10) \(index * 127 % 4_000)"])
    }
}
