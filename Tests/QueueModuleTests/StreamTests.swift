import Base
import Domain
import Store
import TestKit
import Testing

@testable import QueueModule

extension QueueRig {
    fileprivate var push: QueueFigures.PushFigures { publicServer.currentFigures.push }

    fileprivate func ticket(of user: String, item: String = "demo") throws -> String {
        try buy(user, item: item).json(TestKit.TicketBody.self).ticket
    }

    fileprivate func stream(_ target: String, lastEventID: String? = nil) throws -> EventStream {
        try EventStream(Endpoint(port: publicServer.port), target, lastEventID: lastEventID)
    }

    fileprivate func stream(of ticket: String, lastEventID: String? = nil) throws -> EventStream {
        try stream("/v1/tickets/\(ticket)/events", lastEventID: lastEventID)
    }

    fileprivate func turns(_ stream: EventStream, until condition: (EventStream) throws -> Bool) throws -> Bool {
        try turns {
            try stream.read()
            return try condition(stream)
        }
    }
}

private func states(_ stream: EventStream) throws -> [String] { try stream.events.map { try $0.ticket().state } }

@Test func `a stream shows where its ticket stands, each change of state, and ends after the last one`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":1}"#)
    let ticket = try rig.ticket(of: "ann")
    let stream = try rig.stream(of: ticket)
    try #require(rig.turns(stream) { $0.events.count == 1 })
    #expect(stream.status == 200 && stream.head.contains("Content-Type: text/event-stream"))
    #expect(stream.head.contains("Cache-Control: no-store, no-transform"))
    #expect(stream.head.contains("X-Accel-Buffering: no") && stream.retries.count == 1)
    let first = try stream.events[0].ticket()
    #expect(first.state == "queued" && first.position == 1 && first.ticket == ticket && stream.lastID == "q1")
    let taken = try rig.deduct(1, hasSink: true).taken
    try #require(rig.turns(stream) { $0.events.count == 2 })
    try rig.settle(taken, .confirmed, note: "order-7")
    try #require(rig.turns(stream) { $0.hasEnded })
    #expect(try states(stream) == ["queued", "processing", "sold"])
    let last = try #require(stream.events.last).ticket()
    #expect(last.final && last.order == "order-7" && stream.events.allSatisfy { $0.name == "ticket" })
    #expect(rig.push.streams == 0 && rig.push.listeners == 0)
    #expect(
        try rig.ask("GET", "/v1/tickets/\(ticket)/events", headers: [("Last-Event-ID", stream.lastID)]).status == 204)
}

@Test func `a client that comes back is shown what it has not seen`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":1,"queue_limit":10}"#)
    let (winner, loser) = (try rig.ticket(of: "ann"), try rig.ticket(of: "bob"))
    let first = try rig.stream(of: loser)
    try #require(rig.turns(first) { $0.events.count == 1 })
    first.cut()
    let again = try rig.stream(of: loser, lastEventID: first.lastID)
    try #require(rig.turns(again) { !$0.retries.isEmpty })
    #expect(again.events.isEmpty)
    again.cut()
    try #require(rig.turns { rig.push.streams == 0 })
    try rig.deduct(2)
    let late = try rig.stream(of: loser, lastEventID: first.lastID)
    try #require(rig.turns(late) { $0.hasEnded })
    #expect(try states(late) == ["sold_out"])
    #expect(try rig.poll(winner).json(TestKit.TicketBody.self).state == "sold")
    // An id that is not ours is as good as none.
    let strange = try rig.stream(of: winner, lastEventID: "42")
    try #require(rig.turns(strange) { $0.hasEnded })
    #expect(try states(strange) == ["sold"])
}

@Test func `a sale's end reaches all its listeners, in slices, and each of them its own verdict`() throws {
    let rig = try QueueRig(streams: 400)
    try rig.put("demo", #"{"stock":10,"queue_limit":1000}"#)
    let tickets = try (1...300).map { try rig.ticket(of: "user-\($0)") }
    let streams = try tickets.map { try rig.stream(of: $0) }
    try #require(rig.turns { rig.push.streams == 300 && rig.push.ticketEvents == 300 })
    try rig.deduct(10)
    let hasVerdict = try rig.turns {
        for stream in streams where !stream.hasEnded { try stream.read() }
        return streams.allSatisfy(\.hasEnded)
    }
    #expect(hasVerdict)
    for (index, stream) in streams.enumerated() {
        #expect(try states(stream) == ["queued", index < 10 ? "sold" : "sold_out"])
    }
    #expect(rig.push.streams == 0 && rig.push.listeners == 0)
}

@Test func `several tickets are shown on one stream, which ends with the last of them`() throws {
    let rig = try QueueRig()
    try rig.put("a", #"{"stock":1}"#)
    try rig.put("b", #"{"stock":1}"#)
    let (first, second) = (try rig.ticket(of: "ann", item: "a"), try rig.ticket(of: "ann", item: "b"))
    let stream = try rig.stream("/v1/events?tickets=\(first),\(second)")
    try #require(rig.turns(stream) { $0.events.count == 2 })
    #expect(stream.lastID == "q1.q1")
    try rig.deduct(1, of: "b")
    try #require(rig.turns(stream) { $0.events.count == 3 })
    #expect(stream.lastID == "q1.s" && !stream.hasEnded)
    stream.cut()
    let again = try rig.stream("/v1/events?tickets=\(first),\(second)", lastEventID: "q1.s")
    try #require(rig.turns(again) { !$0.retries.isEmpty })
    try rig.deduct(1, of: "a")
    try #require(rig.turns(again) { $0.hasEnded })
    #expect(try again.events.map { try $0.ticket().item } == ["a"] && again.lastID == "s.s")
    let seen = try rig.ask("GET", "/v1/events?tickets=\(first),\(second)", headers: [("Last-Event-ID", "s.s")])
    #expect(seen.status == 204)
    #expect(try rig.ask("GET", "/v1/events?tickets=\(first),forged").code == "unknown-ticket")
    #expect(try rig.ask("GET", "/v1/events").code == "invalid-request")
    #expect(rig.push.listeners == 0)
}

@Test func `a ticket that has ended already ends no stream of others`() throws {
    let rig = try QueueRig()
    try rig.put("a", #"{"stock":1}"#)
    try rig.put("b", #"{"stock":1}"#)
    let (ended, waits) = (try rig.ticket(of: "ann", item: "a"), try rig.ticket(of: "ann", item: "b"))
    try rig.deduct(1, of: "a")
    try #require(rig.turns { try rig.poll(ended).json(TestKit.TicketBody.self).state == "sold" })
    let stream = try rig.stream("/v1/events?tickets=\(ended),\(waits)")
    try #require(rig.turns(stream) { $0.events.count == 2 })
    #expect(try states(stream) == ["sold", "queued"] && stream.lastID == "s.q1" && !stream.hasEnded)
    try rig.deduct(1, of: "b")
    try #require(rig.turns(stream) { $0.hasEnded })
    #expect(stream.lastID == "s.s")
}

@Test func `a ticket that can't be shown is refused as a poll is, and ends a stream that is open`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":5}"#)
    let ticket = try rig.ticket(of: "ann")
    #expect(try rig.ask("GET", "/v1/tickets/forged/events").code == "unknown-ticket")
    #expect(try rig.ask("POST", "/v1/tickets/\(ticket)/events").status == 405)
    let stream = try rig.stream(of: ticket)
    try #require(rig.turns(stream) { $0.events.count == 1 })
    #expect(try rig.administer("POST", "/admin/v1/items/demo/close").status == 200)
    #expect(try rig.administer("DELETE", "/admin/v1/items/demo?force=true").status == 204)
    try #require(rig.turns(stream) { $0.hasEnded })
    #expect(stream.events.last?.name == "problem" && stream.events.last?.data.contains("unknown-ticket") == true)
    #expect(rig.push.listeners == 0 && rig.push.streams == 0)
}

@Test func `a buyer who waits is shown his place when a tenth of it has changed, and not before a second`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":100,"queue_limit":1000}"#)
    let tickets = try (1...40).map { try rig.ticket(of: "user-\($0)") }
    let stream = try rig.stream(of: tickets[39])
    try #require(rig.turns(stream) { $0.events.count == 1 })
    try rig.deduct(2)  // a twentieth
    let start = MonotonicInstant.now
    _ = try rig.turns(atMost: .milliseconds(1_500)) {
        try stream.read()
        return stream.events.count > 1
    }
    let shown = stream.events.count
    try rig.deduct(20)
    try #require(rig.turns(stream) { try $0.events.last?.ticket().position == 18 })
    #expect(MonotonicInstant.now - start >= .seconds(1))
    // The estimate and the verdict may have been shown when the queue began to move; the place alone is no reason.
    #expect(shown <= 2)
    #expect(try states(stream).allSatisfy { $0 == "queued" })
}

@Test func `a client that leaves is forgotten, and a full process refuses newcomers alone`() throws {
    let rig = try QueueRig(streams: 2)
    try rig.put("demo", #"{"stock":5}"#)
    let ticket = try rig.ticket(of: "ann")
    let (first, second) = (try rig.stream(of: ticket), try rig.stream(of: ticket))
    try #require(rig.turns { rig.push.streams == 2 })
    let refused = try rig.ask("GET", "/v1/tickets/\(ticket)/events")
    #expect(refused.status == 503 && refused.code == "too-many-streams" && refused.header("Retry-After") != nil)
    #expect(try rig.ask("GET", "/v1/items/demo/events").code == "too-many-streams")
    #expect(try rig.ask("GET", "/v1/events?tickets=\(ticket)").code == "too-many-streams")
    second.cut()
    try #require(rig.turns { rig.push.streams == 1 })
    #expect(rig.push.listeners == 1 && rig.push.refused == 3)
    try rig.deduct(1)
    try #require(rig.turns(first) { $0.hasEnded })
    #expect(try states(first).last == "sold")
}

@Test func `a process that stops ends its streams`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":5}"#)
    let ticket = try rig.ticket(of: "ann")
    let stream = try rig.stream(of: ticket)
    let item = try rig.stream("/v1/items/demo/events")
    try #require(rig.turns(stream) { !$0.events.isEmpty })
    try #require(rig.turns(item) { !$0.events.isEmpty })
    var isDrained = false
    rig.publicServer.drain(within: .seconds(5)) { isDrained = true }
    try #require(rig.turns(stream) { $0.hasEnded })
    try #require(rig.turns(item) { $0.hasEnded })
    #expect(rig.turns { isDrained })
    #expect(rig.push.streams == 0 && rig.push.listeners == 0)
}

@Test func `a stream says once that the store is away, and shows what happened when it is back`() throws {
    let rig = try QueueRig(deadline: .seconds(2))
    try rig.put("demo", #"{"stock":5}"#)
    let ticket = try rig.ticket(of: "ann")
    let stream = try rig.stream(of: ticket)
    try #require(rig.turns(stream) { $0.events.count == 1 })
    rig.server.pause()
    try #require(rig.turns(stream) { $0.events.last?.name == "problem" })
    #expect(stream.events.last?.data.contains("store-unavailable") == true)
    let shown = stream.events.count
    rig.server.resume()
    try #require(rig.turns(stream) { $0.events.count > shown })
    #expect(stream.events.count == shown + 1)
    #expect(try stream.events.last?.ticket().state == "queued")
    try rig.deduct(1)
    try #require(rig.turns(stream) { $0.hasEnded })
    #expect(try stream.events.last?.ticket().state == "sold")
}

@Test func `an item's stream shows all its readers the same, a few times a second at most`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":50}"#)
    let streams = try (1...3).map { _ in try rig.stream("/v1/items/demo/events") }
    try #require(
        rig.turns {
            for stream in streams { try stream.read() }
            return streams.allSatisfy { $0.events.count == 1 }
        })
    #expect(streams[0].events[0].name == "item" && streams[0].events[0].data.contains(#""stock_left":50"#))
    let start = MonotonicInstant.now
    for number in 1...10 {
        _ = try rig.ticket(of: "user-\(number)")
        try rig.deduct(1)
    }
    try #require(
        rig.turns {
            for stream in streams { try stream.read() }
            return streams.allSatisfy { $0.events.last?.data.contains(#""sold":10"#) == true }
        })
    let quarters = Int((MonotonicInstant.now - start).wholeMilliseconds / 250) + 2
    #expect(streams.allSatisfy { $0.events.count <= quarters + 1 })
    #expect(streams[0].events == streams[1].events && streams[1].events == streams[2].events)
    let again = try rig.stream("/v1/items/demo/events", lastEventID: streams[0].lastID)
    try #require(rig.turns(again) { !$0.retries.isEmpty })
    #expect(try rig.ask("GET", "/v1/items/nothing/events").code == "unknown-item")
    #expect(try rig.ask("HEAD", "/v1/items/demo/events").status == 200)
}

@Test func `an item's stream shows who joined at another process, and ends with the item`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":5}"#)
    let stream = try rig.stream("/v1/items/demo/events")
    try #require(rig.turns(stream) { $0.events.count == 1 })
    _ = try rig.admit(["ann", "bob"])
    try #require(rig.turns(stream) { $0.events.last?.data.contains(#""waiting":2"#) == true })
    try rig.delete("demo")
    try #require(rig.turns(stream) { $0.hasEnded })
    #expect(stream.events.last?.data.contains("unknown-item") == true && rig.push.streams == 0)
}
