import Base
import Domain
import TestKit
import Testing

@testable import Store

// A replica takes over, and the old server comes back as its replica and takes over again: with the same run id.

private struct Pair {
    let first: Rig
    let second: Rig

    init() throws {
        func rig() throws -> Rig {
            let options = RedisServerProcess.Options(
                listensOnTCP: true, configuration: ["repl-diskless-sync-delay 0", "repl-ping-replica-period 1"])
            return try Rig(options)
        }
        (first, second) = (try rig(), try rig())
        try follow(second, first)
    }

    /// Makes one the replica of the other, and waits until it has all.
    func follow(_ replica: Rig, _ primary: Rig) throws {
        try replica.server.command("REPLICAOF", "127.0.0.1", "\(try #require(primary.server.port))")
        try settle(replica, primary)
    }

    /// Waits until the replica has all that was written.
    func settle(_ replica: Rig, _ primary: Rig) throws {
        let isThere = try eventually(within: .seconds(20), every: .milliseconds(10)) {
            let link = try replica.server.command("INFO", "replication")
            guard link.contains("master_link_status:up") else { return false }
            return try Self.offset(link, "slave_repl_offset")
                >= Self.offset(
                    primary.server.command("INFO", "replication"), "master_repl_offset")
        }
        try #require(isThere)
    }

    private static func offset(_ info: String, _ name: String) throws -> Int {
        let line = try #require(info.split(whereSeparator: \.isNewline).first { $0.hasPrefix(name + ":") })
        return try #require(Int(line.dropFirst(name.count + 1)))
    }

    func promote(_ rig: Rig) throws { try rig.server.command("REPLICAOF", "NO", "ONE") }
}

@Test func `a primary that comes back with all that was written meanwhile freezes nothing`() throws {
    let pair = try Pair()
    let item = try pair.first.item(stock: 100)
    try pair.first.fill(5, into: item)
    let inFirst = try pair.first.snapshot(item)
    try pair.settle(pair.second, pair.first)

    try pair.promote(pair.second)
    let found = try pair.second.checkDurability(item, inFirst)
    #expect(found == .nothingLost)
    try pair.second.reopen(item)
    try pair.second.fill(5, into: item, prefix: "second")
    let inSecond = try pair.second.snapshot(item)
    try pair.follow(pair.first, pair.second)

    try pair.promote(pair.first)
    let lives = [inFirst, inSecond]
    for seen in lives {
        let found = try pair.first.checkDurability(item, seen)
        #expect(found == .nothingLost)
    }
    try pair.first.reopen(item)
    try pair.first.fill(5, into: item, prefix: "third")
    let inThird = try pair.first.snapshot(item)
    #expect(Set((lives + [inThird]).map(\.life)).count == 3 && inThird.boot == inFirst.boot)
    for seen in lives + [inThird] {
        let late = try pair.first.checkDurability(item, seen)
        #expect(late == .nothingLost, "\(seen.life)")
    }
    // Who knows no lives names the run id, which is back.
    let old = try pair.first.checkDurability(
        item, life: inThird.boot, version: inThird.counters.version, tail: inThird.counters.tail)
    #expect(old == .nothingLost)
    let after = try pair.first.snapshot(item)
    #expect(!after.settings.isFrozen)
}

@Test func `a primary that comes back without what was written meanwhile freezes the item`() throws {
    let pair = try Pair()
    let item = try pair.first.item(stock: 100)
    try pair.first.fill(5, into: item)
    try pair.settle(pair.second, pair.first)
    try pair.promote(pair.second)
    try pair.second.reopen(item)
    try pair.second.fill(5, into: item, prefix: "second")
    let inSecond = try pair.second.snapshot(item)
    // Nobody made it a replica of the new one: it serves its old data again.
    let found = try pair.first.checkDurability(item, inSecond)
    #expect(found == .rolledBack(versions: 2, sequences: 5))
    let after = try pair.first.snapshot(item)
    let freeze = try #require(after.freeze)
    #expect(after.settings.isFrozen && freeze.life == inSecond.life && freeze.sequencesLost == 5)
    #expect(freeze.seenVersion == inSecond.counters.version && freeze.keptVersion == 2)
}
