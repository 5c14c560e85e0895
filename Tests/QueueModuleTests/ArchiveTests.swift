import Base
import Domain
import Foundation
import Operations
import Sodium
import Store
import TestKit
import Testing

@testable import QueueModule

private struct Manifest: Decodable {
    struct Sum: Decodable, Equatable {
        var purchases: Int
        var units: Int
    }
    var item: String
    var version: Int64
    var file: String
    var bytes: Int
    var sha256: String
    var purchases: Int
    var missing: Int
    var states: [String: Sum]
    var returned: Sum
}

/// A sale of three winners, one of whom was paid back, that has ended.
private final class PastSale {
    let folder = TemporaryFolder()
    let rig: QueueRig
    var tickets: [String] = []

    init(buyers: Int = 5, retention: TimeSpan? = nil) throws {
        rig = try QueueRig(archiveFolder: folder.path + "/archive", retention: retention)
        try rig.put("demo", #"{"stock":3,"on_sold_out":"close"}"#)
        for number in 0..<buyers { tickets.append(try rig.buy("u\(number)").json(TestKit.TicketBody.self).ticket) }
        try rig.deduct(3)
        let refund = try rig.administer(
            "POST", "/admin/v1/tickets/\(tickets[0])/refund", json: #"{"reference":"r","return_unit":true}"#)
        try #require(refund.status == 200)
    }

    func close() throws { try #require(rig.administer("POST", "/admin/v1/items/demo/close").status == 200) }
    func archive() throws -> HTTPReply { try rig.administer("POST", "/admin/v1/items/demo/archive") }
    func delete(_ query: String = "") throws -> HTTPReply {
        try rig.administer("DELETE", "/admin/v1/items/demo\(query)")
    }
    func content(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: "\(folder.path)/archive/\(name)")))
    }
    func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path + "/archive").sorted()
    }
}

final class TemporaryFolder {
    let path = "\(NSTemporaryDirectory())sluice-archive-\(UInt64.random(in: 0...UInt64.max))"
    init() { try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Test func `an archive has every purchase, with its sums and a checksum that fits`() throws {
    let sale = try PastSale()
    try sale.close()
    let reply = try sale.archive()
    let manifest = try reply.json(Manifest.self)
    #expect(reply.status == 200 && manifest.purchases == 5 && manifest.missing == 0, "\(reply)")
    #expect(manifest.states == ["sold": .init(purchases: 3, units: 3), "sold_out": .init(purchases: 2, units: 2)])
    #expect(manifest.returned == .init(purchases: 1, units: 1))
    let text = try sale.content(manifest.file)
    var hash = SHA256()
    hash.update(text)
    #expect(text.count == manifest.bytes && hash.digest == manifest.sha256)
    let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 5 && lines[0].contains(#""user":"u0""#) && lines[0].contains(#""refund":{"reference":"r""#))
    #expect(try sale.files() == [manifest.file.replacing(".ndjson", with: ".manifest.json"), manifest.file])
    #expect(String(decoding: try sale.content(try sale.files()[0]), as: UTF8.self) == reply.text + "\n")
    #expect(sale.rig.log.audits.contains { $0.action == "archive" && $0.after == "file=\(manifest.file)" })
}

@Test func `an item is deleted when it was archived as it is, and its tickets are unknown afterwards`() throws {
    let sale = try PastSale()
    #expect(try sale.archive().code == "not-ended" && sale.delete().code == "not-ended")
    try sale.close()
    #expect(try sale.delete().code == "not-archived")
    #expect(try sale.archive().status == 200)
    let refund = try sale.rig.administer(
        "POST", "/admin/v1/tickets/\(sale.tickets[1])/refund", json: #"{"reference":"r","return_unit":false}"#)
    #expect(refund.status == 200)
    #expect(try sale.delete().code == "not-archived", "the archive has not the refund")
    #expect(try sale.archive().status == 200 && sale.delete().status == 204)
    for ticket in sale.tickets {
        let poll = try sale.rig.poll(ticket)
        #expect(poll.status == 404 && poll.code == "unknown-ticket", "\(poll)")
    }
    let late = try sale.rig.administer(
        "POST", "/admin/v1/tickets/\(sale.tickets[1])/payment", json: #"{"outcome":"paid","reference":"p"}"#)
    #expect(late.code == "unknown-ticket")
    #expect(
        try sale.delete().code == "unknown-item" && sale.rig.administer("GET", "/admin/v1/items/demo").status == 404)
    #expect(try sale.rig.administer("GET", "/admin/v1/items").text.contains(#""items":[]"#))
    #expect(try sale.files().count == 4, "archives stay")
    try sale.rig.put("demo", #"{"stock":3}"#)
    #expect(try sale.rig.buy("u0").status == 202)
    #expect(try sale.rig.poll(sale.tickets[0]).code == "unknown-ticket")
    #expect(
        sale.rig.log.audits.contains { $0.action == "delete" && $0.after == "forced=false sold=2 held=0 waiting=0" })
}

@Test func `force deletes what is under way, and other processes forget it too`() throws {
    let sale = try PastSale(buyers: 1)
    let elsewhere = try QueueRig(beside: sale.rig)
    #expect(try elsewhere.poll(sale.tickets[0]).status == 200)
    #expect(try sale.delete("?force=yes").status == 400 && sale.delete("?force=false").code == "not-ended")
    #expect(try sale.delete("?force=true").status == 204)
    let isForgotten = try elsewhere.turns { try elsewhere.entry() == nil }
    #expect(try isForgotten && elsewhere.poll(sale.tickets[0]).code == "unknown-ticket")
    #expect(try elsewhere.buy("u1").code == "unknown-item")
}

@Test func `without a folder, or with one that can't be written, nothing is archived`() throws {
    let rig = try QueueRig()
    try rig.put("demo", #"{"stock":3}"#)
    #expect(try rig.administer("POST", "/admin/v1/items/demo/archive").code == "no-archive-folder")
    let other = try QueueRig(archiveFolder: "/proc/nothing")
    try other.put("demo", #"{"stock":3}"#)
    _ = try other.administer("POST", "/admin/v1/items/demo/close")
    let refused = try other.administer("POST", "/admin/v1/items/demo/archive")
    #expect(refused.status == 500 && refused.code == "archive-failed", "\(refused)")
    #expect(refused.problem?.detail?.contains("/proc/nothing") == true)
    #expect(try other.administer("DELETE", "/admin/v1/items/demo").code == "not-archived")
    #expect(try other.administer("GET", "/admin/v1/items/demo/archive").status == 405)
}

@Test func `rows that contradict the item's counters are no archive`() throws {
    let sale = try PastSale()
    try sale.close()
    try sale.rig.server.command("HINCRBY", "sluice:{demo}:meta", "sold", "1")
    let refused = try sale.archive()
    #expect(refused.code == "archive-failed" && refused.problem?.detail?.contains("2 units sold, the item 3") == true)
    #expect(try sale.rig.turns { try sale.files().isEmpty } && sale.delete().code == "not-archived")
}

@Test func `purchases that an earlier release did not keep are counted as missing`() throws {
    let sale = try PastSale()
    try sale.close()
    for key in try sale.rig.server.command("KEYS", "sluice:{demo}:past:*").split(separator: "\n") {
        try sale.rig.server.command("DEL", String(key))
    }
    let manifest = try sale.archive().json(Manifest.self)
    #expect(manifest.purchases == 0 && manifest.missing == 5)
}

@Test func `one archive is written at a time`() throws {
    let sale = try PastSale()
    try sale.close()
    let headers = [("Authorization", "Bearer \(QueueRig.token)")]
    let replies = try sale.rig.administer(
        (0..<3).map { _ in HTTPRequest("POST", "/admin/v1/items/demo/archive", headers: headers) })
    #expect(replies.filter { $0.status == 200 }.count >= 1)
    #expect(replies.allSatisfy { $0.status == 200 || $0.code == "archive-under-way" })
    #expect(try replies.contains { $0.code == "archive-under-way" } && sale.files().count == 2)
    #expect(try sale.archive().status == 200)
}

@Test func `what was archived long enough ago, and has not changed since, is deleted by itself`() throws {
    for (hours, isKept) in [(Int64(0), false), (1, true)] {
        let sale = try PastSale(retention: .seconds(hours * 3_600))
        let keeper = try #require(sale.rig.adminServer.retention)
        try sale.rig.put("open", #"{"stock":3}"#)
        var passes = 0
        keeper.onPassed = { passes += 1 }
        func pass() throws -> Bool {
            let before = passes
            keeper.pass()
            return sale.rig.turns { passes > before }
        }
        #expect(try pass() && sale.rig.administer("GET", "/admin/v1/items/demo").status == 200, "it has not ended")
        try sale.close()
        #expect(try pass() && sale.rig.administer("GET", "/admin/v1/items/demo").status == 200, "nor was it archived")
        #expect(try sale.archive().status == 200)
        #expect(try pass())
        let status = try sale.rig.administer("GET", "/admin/v1/items/demo").status
        #expect(status == (isKept ? 200 : 404) && keeper.deleted == (isKept ? 0 : 1), "\(hours)")
        #expect(try sale.rig.administer("GET", "/admin/v1/items/open").status == 200)
        #expect(sale.rig.log.audits.contains { $0.action == "delete" && $0.who == "retention" } != isKept)
    }
}
