import Base
import Domain
import EventLoop
import RedisClient
import TestKit
import Testing

@testable import Store

private func at(_ milliseconds: Int64) -> MonotonicInstant { .init(nanoseconds: milliseconds * 1_000_000) }

extension Impairments {
    @discardableResult
    fileprivate mutating func refused(_ cause: Impairment.Cause, _ now: Int64) -> Impairment? {
        refused(cause, reason: cause.name, script: nil, stopsReads: false, now: at(now))
    }

    fileprivate mutating func probed(_ cause: Impairment.Cause?, _ now: Int64) -> [Impairment.Cause] {
        probed(refusedFor: cause, now: at(now)).map(\.cause)
    }
}

@Test func `a refusal begins an impairment once, and a probe that comes through ends it after a rest`() {
    var impairments = Impairments()
    let began = impairments.refused(.memory, 10_000)
    let again = impairments.refused(.memory, 11_000)
    #expect(began?.since == at(10_000) && began?.stopsWork == false && again == nil)
    let early = impairments.probed(nil, 12_999)
    let late = impairments.probed(nil, 13_000)
    #expect(early == [] && late == [.memory] && impairments.current.isEmpty)
}

@Test func `the store looks at its disk, its replicas and its memory in that order, so one hides the next`() {
    var impairments = Impairments()
    for cause in [Impairment.Cause.memory, .replicas, .disk] { impairments.refused(cause, 10_000) }
    #expect(impairments.current.map(\.stopsWork) == [false, true, true])
    let none = impairments.probed(.disk, 20_000)
    let disk = impairments.probed(.replicas, 20_000)
    let replicas = impairments.probed(.memory, 20_000)
    #expect(none == [] && disk == [.disk] && replicas == [.replicas])
    #expect(impairments.current.map(\.cause) == [.memory])
}

@Test func `what concerns single commands is forgotten when none was refused for a while`() {
    var impairments = Impairments()
    impairments.refused(.command, 10_000)
    impairments.refused(.right, 15_000)
    let first = impairments.probed(nil, 20_000)
    let second = impairments.probed(.disk, 25_000)
    #expect(first == [.command] && second == [.right])
    impairments.refused(.disk, 30_000)
    let lost = impairments.forget()
    #expect(lost.map(\.cause) == [.disk] && impairments.current.isEmpty)
}

/// Follows what a store says of itself.
private final class Watch {
    var began: [Impairment.Cause] = []
    var ended: [Impairment.Cause] = []

    init(_ store: Store) {
        store.onImpaired = { [unowned self] in began.append($0.cause) }
        store.onRestored = { [unowned self] impairment, _ in ended.append(impairment.cause) }
    }
}

/// A way to make a real server refuse writes, and to heal it.
private enum Trouble: String, CaseIterable, CustomTestStringConvertible {
    case disk, replicas, memory
    var testDescription: String { rawValue }

    var cause: Impairment.Cause {
        switch self {
        case .disk: .disk
        case .replicas: .replicas
        case .memory: .memory
        }
    }

    func begin(_ rig: Rig) throws {
        switch self {
        case .disk: try rig.blockDisk()
        case .replicas: try rig.server.command("CONFIG", "SET", "min-replicas-to-write", "1")
        case .memory: try rig.server.command("CONFIG", "SET", "maxmemory", "1mb")
        }
    }

    func end(_ rig: Rig) throws {
        switch self {
        case .disk: try rig.server.command("CONFIG", "SET", "stop-writes-on-bgsave-error", "no")
        case .replicas: try rig.server.command("CONFIG", "SET", "min-replicas-to-write", "0")
        case .memory: try rig.server.command("CONFIG", "SET", "maxmemory", "0")
        }
    }
}

extension Rig {
    /// Makes a snapshot fail, after which writes are refused; for a server with `dbfilename blocked.rdb`.
    func blockDisk() throws {
        try server.blockFile("blocked.rdb")
        try server.command("CONFIG", "SET", "save", "1 1")
        try server.command("SET", "probe", "1")
        #expect(turns { (try? server.command("SET", "probe", "1").hasPrefix("MISCONF")) == true }, "\(server.log)")
    }
}

@Test(arguments: Trouble.allCases)
private func `a store that refuses writes says so by itself, goes on reading, and is seen to heal`(trouble: Trouble)
    throws
{
    let rig = try Rig(.init(configuration: ["dbfilename blocked.rdb"]))
    let watch = Watch(rig.store)
    let item = try rig.item(stock: 9)
    try rig.fill(3, into: item)
    try rig.deduct(1, from: item, hasSink: true)
    #expect(rig.turns { rig.store.takesWork })
    try trouble.begin(rig)
    // Nobody buys, and it is known all the same.
    #expect(rig.turns { watch.began == [trouble.cause] })
    #expect(rig.store.takesReads && rig.store.takesWork == (trouble == .memory))
    #expect(rig.store.impairments.map(\.cause) == [trouble.cause])

    let refused = try rig.failure { rig.store.admit(AdmissionBatch([Buy("new")]), into: item, completion: $0) }
    #expect(refused?.isImpairment == true)
    for call in ScriptCall.allCases where call.isReadOnly {
        let failure = try call.failure(rig, item)
        #expect(failure == nil, "\(call)")
    }
    let bytes = try rig.bytes(1...3, of: item)
    #expect(bytes == [.processing, .undecided, .undecided])

    try trouble.end(rig)
    #expect(rig.turns { watch.ended == [trouble.cause] && rig.store.takesWork })
    #expect(watch.began == [trouble.cause] && rig.store.impairments.isEmpty)
    let admitted = try rig.admit(Buy("new"), into: item)
    #expect(admitted.map(\.outcome) == [.admitted])
}

@Test func `a missing right is named with its command, one for reading stops reads, and one tried out is not reported`()
    throws
{
    let rig = try Rig()
    let watch = Watch(rig.store)
    let item = try rig.item(stock: 9)
    #expect(rig.turns { rig.store.takesWork })
    try rig.server.command("ACL", "SETUSER", "default", "-config|get")
    let check = try rig.answer { (completion: @escaping StoreCompletion<Store.PromiseCheck>) in
        rig.store.checkPromise(isStrict: true) { completion(.success($0)) }
    }
    #expect(check != .kept && watch.began == [])
    try rig.server.command("ACL", "SETUSER", "default", "-rpush")
    let admission = try rig.failure { rig.store.admit(AdmissionBatch([Buy("new")]), into: item, completion: $0) }
    #expect(admission != nil)
    #expect(watch.began == [.right] && rig.store.takesReads && !rig.store.takesWork)
    #expect(rig.store.impairments.first?.description.hasSuffix("(admit)") == true)
    try rig.server.command("ACL", "SETUSER", "default", "-hgetall")
    let inspection = try rig.failure { rig.store.inspect(item.keys, completion: $0) }
    #expect(inspection != nil && !rig.store.takesReads)
}

@Test(arguments: ["-getrange", "-hget"])
func `a right that is missing for a plain read of a ticket stops reads too`(right: String) throws {
    let rig = try Rig()
    let watch = Watch(rig.store)
    let item = try rig.item(stock: 9)
    try rig.fill(1, into: item)
    #expect(rig.turns { rig.store.takesWork } && rig.store.takesReads)
    try rig.server.command("ACL", "SETUSER", "default", right)
    let failure =
        right == "-hget"
        ? try rig.failure { rig.store.details(of: 1, in: item, completion: $0) }
        : try rig.failure { rig.store.results(block: 0, of: item, completion: $0) }
    #expect(failure != nil && watch.began == [.right] && !rig.store.takesReads)
}

@Test func `a demoted primary is left, and its successor found where the same address leads`() throws {
    let rig = try Rig()
    let successor = try RedisServerProcess(.init(listensOnTCP: true))
    var downs: [String] = []
    rig.store.onDown = { downs.append($0) }
    let listener = StoreListener(loop: rig.loop, options: try Rig.options(rig.server), topics: [.changes])
    rig.store.accompany(with: listener)
    listener.start()
    #expect(rig.turns { rig.store.takesWork && listener.isFollowing })
    let old = rig.store.runID
    // Nobody writes: the probe alone finds out.
    try rig.server.command("REPLICAOF", "127.0.0.1", "\(successor.port ?? 0)")
    #expect(rig.turns { !rig.store.isReady })
    #expect(rig.store.unsuitable?.contains("replica") == true && downs.count == 1)
    #expect(rig.turns(atMost: .seconds(2)) { rig.store.isReady } == false)
    // The address: the socket's name now leads to the successor.
    try rig.server.lendName(to: successor)
    #expect(rig.turns { rig.store.takesWork && listener.isFollowing })
    #expect(rig.store.runID != old && rig.store.unsuitable == nil && downs.count <= 2)
}
