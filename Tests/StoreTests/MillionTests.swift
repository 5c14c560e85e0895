import Base
import Domain
import EventLoop
import Glibc
import TestKit
import Testing

@testable import Store

// The sizes of the promise; STORE_WAITING=n makes it smaller where a machine is slow.
private let waiting: Int64 = unsafe getenv("STORE_WAITING").flatMap { unsafe Int64(String(cString: $0)) } ?? 1_000_000
private let stock: Int64 = 1000

@Test func `a million wait at 160 bytes each, and all are answered within a second of the last unit`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: stock) { $0.queueLimit = 10_000_000 }
    let before = try rig.usedMemory()
    let (_, filling) = timed { rig.fillFast(waiting, into: item) }
    let counters = try rig.counters(item)
    #expect(counters.waiting == waiting && counters.tail == waiting)
    let each = Double(try rig.usedMemory() - before) / Double(waiting)
    #expect(each <= 160, "\(each) B")

    var left = stock
    while left > 1 { left -= try rig.deduct(min(256, left - 1), from: item).winners }
    let unsold = try rig.counters(item)
    #expect(unsold.ended == 0 && unsold.free == 1)
    let calls = try rig.writes()
    let start = EventLoop.readMonotonicClock()
    let last = try rig.deduct(1, from: item)
    let ended = try rig.counters(item)
    var random = SplitMix64(seed: 5)
    let sample = (0..<500).map { _ in stock + 1 + random.below(waiting - stock) } + [stock + 1, waiting]
    for sequence in sample {
        let byte = try rig.bytes(sequence...sequence, of: item)
        #expect(byte == [.undecided] && sequence <= ended.endedAt)  // which reads: sold out
    }
    let ending = EventLoop.readMonotonicClock() - start
    #expect(last.stop == .itemEnded && ended.sold == stock && ended.waiting == 0)
    #expect(ending < .seconds(1), "\(ending)")
    let written = try rig.writes() - calls
    #expect(written <= 8, "\(written) commands")
    print("\(waiting) waiting: \(each) B each, written in \(filling.wholeMilliseconds) ms,")
    print("ended in \(ending.wholeMicroseconds) us with \(sample.count) reads, \(written) commands that write")
    let losers = try rig.bytes(stock...stock + 1, of: item)
    #expect(losers == [.sold, .undecided])
}

extension Rig {
    fileprivate func usedMemory() throws -> Int64 { try number("memory", "used_memory:") }

    private func number(_ section: String, _ name: String) throws -> Int64 {
        let lines = try server.command("INFO", section).split(separator: "\r\n")
        return try #require(lines.first { $0.hasPrefix(name) }.flatMap { Int64($0.dropFirst(name.count)) })
    }

    /// Commands so far that write, those of scripts included.
    fileprivate func writes() throws -> Int64 {
        let reads: Set = [
            "info", "evalsha", "eval", "get", "hmget", "hget", "hgetall", "hlen", "llen", "zcard", "xlen", "strlen",
            "lindex", "getrange", "time", "ping", "hello", "client", "script|load", "config|get", "command",
        ]
        return try server.command("INFO", "commandstats").split(separator: "\r\n").reduce(0) { sum, line in
            guard line.hasPrefix("cmdstat_"), let colon = line.firstIndex(of: ":") else { return sum }
            if reads.contains(String(line[..<colon].dropFirst(8))) { return sum }
            return sum + (Int64(line[colon...].dropFirst(7).prefix { $0.isNumber }) ?? 0)
        }
    }

    /// Admits users of 16 bytes in full batches, some of them under way at once.
    fileprivate func fillFast(_ count: Int64, into item: ItemReference) {
        var (sent, open) = (Int64(0), 0)
        var batch = AdmissionBatch()
        var user = [UInt8](repeating: UInt8(ascii: "0"), count: 16)
        while sent < count {
            batch.clear()
            while batch.count < Limits.batch, sent < count {
                Self.write(sent, into: &user)
                batch.append(user: user.span, quantity: 1, keyDigest: 0, ticketKeyID: 1, tag: UInt32(sent))
                sent += 1
            }
            open += 1
            store.admit(batch, into: item, expecting: sent - Int64(batch.count) + 1) { result in
                open -= 1
                if case .failure(let failure) = result { Issue.record("\(failure)") }
            }
            while open > 32 { loop.turn(waitAtMost: .seconds(20)) }
        }
        #expect(turns { open == 0 })
    }

    private static func write(_ number: Int64, into user: inout [UInt8]) {
        var rest = number
        for index in 0..<8 {
            user[15 - index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }
}
