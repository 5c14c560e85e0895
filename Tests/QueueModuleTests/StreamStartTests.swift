import Base
import Domain
import EventLoop
import HTTPServer
import Sodium
import Store
import TestKit
import Testing

@testable import QueueModule

@Test func `streams that are asked for while a process finds its store wait for it`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":5}"#)
    let ticket = try rig.buy("ann").json(TestKit.TicketBody.self).ticket
    let loop = try EventLoop()
    let young = PublicServer(
        loop: loop, storeOptions: try StoreOptions(url: rig.server.url),
        authenticator: try TicketKeyRing([[UInt8](repeating: 3, count: 32)]), log: rig.log, seed: 2)
    try young.start(address: "127.0.0.1", port: 0, limits: .publicListener) {}
    defer { young.close() }
    let targets = ["/v1/tickets/\(ticket)/events", "/v1/events?tickets=\(ticket)", "/v1/items/demo/events"]
    let streams = try targets.map { try EventStream(Endpoint(port: young.port), $0) }
    #expect(!young.isReady)
    let areOpen = try rig.turns {
        loop.turn(waitAtMost: .milliseconds(2))
        for stream in streams { try stream.read() }
        return streams.allSatisfy { !$0.events.isEmpty }
    }
    #expect(areOpen)
    #expect(streams.allSatisfy { $0.status == 200 && $0.events.allSatisfy { $0.name != "problem" } })
}

@Test func `where there is no store, a stream is refused within a second`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":5}"#)
    let ticket = try rig.buy("ann").json(TestKit.TicketBody.self).ticket
    let loop = try EventLoop()
    let young = PublicServer(
        loop: loop, storeOptions: try StoreOptions(url: "redis://127.0.0.1:1"),
        authenticator: try TicketKeyRing([[UInt8](repeating: 3, count: 32)]), log: rig.log, seed: 2)
    try young.start(address: "127.0.0.1", port: 0, limits: .publicListener) {}
    defer { young.close() }
    let stream = try EventStream(Endpoint(port: young.port), "/v1/tickets/\(ticket)/events")
    let isAnswered = try rig.turns {
        loop.turn(waitAtMost: .milliseconds(2))
        try stream.read()
        return stream.status != nil
    }
    #expect(isAnswered && stream.status == 503)
}
