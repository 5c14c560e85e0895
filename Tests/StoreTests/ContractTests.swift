import Base
import Domain
import RedisClient
import Testing

@testable import Store

// The contract with Redis stands once, in `Sources/Store/Contract`; scripts use what they declare of it.

@Test func `no script uses a number or a name of the contract that it did not declare`() throws {
    let files = try ScriptLint.all()
    let modules = files.filter(\.isModule)
    #expect(files.count == Scripts.all.count + Scripts.modules.count)
    #expect(Set(modules.map(\.name)) == Set(Scripts.modules.keys))
    #expect(Set(files.filter { !$0.isModule }.map(\.name)) == Set(Scripts.all.map(\.name)))
    let violations = files.flatMap { $0.violations(modules: modules) }
    #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
    for operation in files where !operation.isModule {
        #expect(operation.missingKeys(modules: modules) == [], "\(operation.name)")
    }
    let shared = modules.flatMap(\.shares)
    #expect(Set(shared).count == shared.count, "two modules share the same name")
    let used = files.reduce(into: Set<String>()) { $0.formUnion($1.constants) }
    #expect(Set(LuaConstants.all.keys).subtracting(used) == [], "no script needs them")
}

@Test(arguments: [
    "local at = first % 65536", "local SEGMENT = 65536", "--- constants: PLACE = 14\nlocal x = PLACE",
    "local x = n * 3",
    "return {-1}", "return {0, 1}", "return reply(2)", "if byte == 6 then x() end", "stop = 2",
    "local c = string.char(1)",
    "redis.call('HGET', META, 'nonsense')", "redis.call('UNLINK', prefix .. 'queue')", "local x = meta.nonsense",
    "local x = '\\6'", "local x = struct.unpack('>I4', y)", "commit('C')", "local x = RESULT_SOLD",
    "redis.call('HGET', KEYS[1], 'boot')", "local x = clock()", "decide(sequence, 1, 4)",
])
func `the rule finds what bypasses the contract`(line: String) {
    let clock = ScriptLint(name: "clock", isModule: true, text: "--- shares: clock\nlocal function clock() end")
    let text = "--- needs: META\nredis.call('DEL', META)\n"
    #expect(ScriptLint(name: "a", text: text).violations(modules: [clock]) == [])
    #expect(ScriptLint(name: "a", text: text + line).violations(modules: [clock]) != [])
}

@Test(arguments: [
    "--- constants: RESULT_SOLD", "--- constants: NO_SUCH_THING\nlocal x = NO_SUCH_THING",
    "--- include: clock", "--- shares: nothing",
])
func `the rule finds what is declared in vain`(line: String) {
    let clock = ScriptLint(name: "clock", isModule: true, text: "--- shares: clock\nlocal function clock() end")
    #expect(ScriptLint(name: "a", text: line).violations(modules: [clock]).count == 1)
}

@Test func `a module is put in once, behind what it includes, and constants only where a file declares them`() {
    let modules: [String: [UInt8]] = [
        "one": Array("-- one\n--- include: two\n--- constants: SEGMENT, OWN = 5\nlocal one = two + SEGMENT + OWN".utf8),
        "two": Array("--- constants: RESULTS_KEY, CHANGED\nlocal two = RESULTS_KEY  -- RESULTS_KEY".utf8),
        "three": Array("--- include: one\nlocal three = one".utf8),
    ]
    let operation = """
        -- it
        if early then  -- 'quoted'
            -- an indented comment
            --- include: three
        end
        --- include: two, one
        --- constants: DONE, COUNTERS
        return {DONE, 'DONE', DONE_TOO, OWN, COUNTERS}
        """
    let source = ScriptAssembler.source(of: Array(operation.utf8), modules: modules)
    let both = "local two = 'results:'\nlocal one = two + 65536 + 5"
    let counters = ItemCounters.fields.map { "'\($0.rawValue)'" }.joined(separator: ", ")
    #expect(
        source == """
            if early then
            \(both)
            local three = one
            end
            \(both)
            return {0, 'DONE', DONE_TOO, OWN, \(counters)}
            """)
}

@Test func `every counter is read from the field of its name, and written to messages in the same order`() throws {
    #expect(ItemCounters.fields.count == ItemCounters.count && Set(ItemCounters.fields).count == ItemCounters.count)
    let numbers: [Int64] = [11, 2, 3, 40, 5, 6, 17, 8, 9, 10, 1, 12]  // no two alike, and such as a script can leave
    let counters = try #require(ItemCounters(numbers))
    #expect(counters.words == numbers.map { " \($0)" }.joined())
    let rig = try Rig()
    let item = try rig.item(stock: 5)
    let meta = String(decoding: item.keys.meta, as: UTF8.self)
    for (field, number) in zip(ItemCounters.fields, numbers) {
        _ = try rig.raw("HSET", meta, field.rawValue, "\(number)")
    }
    let read = try rig.counters(item)
    #expect(read == counters)
    #expect(
        [read.version, read.notification, read.head, read.tail, read.cancelled, read.free] == [11, 2, 3, 40, 5, 6])
    #expect([read.held, read.inDoubt, read.sold, read.endedAt, read.ended, read.redo] == [17, 8, 9, 10, 1, 12])
}

@Test func `every setting is read from the field of its name`() throws {
    let rig = try Rig()
    let item = try rig.item(stock: 5)
    let meta = String(decoding: item.keys.meta, as: UTF8.self)
    for (index, field) in ItemSettings.fields.enumerated() {
        _ = try rig.raw("HSET", meta, field.rawValue, "\(index == 0 ? 1 : index + 100)")
    }
    let read = try rig.snapshot(item).settings
    #expect(read.isFrozen && !read.isClosed && !read.isPaused)
    #expect(!read.closesOnSoldOut && !read.hasOrders && !read.isHolding)
    #expect(read.opensAt.milliseconds == 103 && read.closesAt.milliseconds == 104 && read.queueLimit == 105)
    #expect(read.perUserLimit == 106 && read.perUserUnits == 107 && read.largest == 108 && read.weight == 110)
    #expect(read.edition == 113)
    #expect(read.payWindow == .milliseconds(114) && read.payGrace == .milliseconds(115))
    #expect(read.paySpread == .milliseconds(116))
}

@Test(arguments: [
    ("held", "3", "in_doubt", "4"), ("held", "1", "redo", "2"), ("tail", "7", "cancelled", "8"),
    ("tail", "7", "ended_at", "8"), ("ended", "2", "version", "9"), ("sold", "1000000000", "free", "1"),
])
func `counters that count something twice are a broken reply`(
    field: String, value: String, other: String, otherValue: String
) throws {
    let rig = try Rig()
    let item = try rig.item(stock: 5)
    let meta = String(decoding: item.keys.meta, as: UTF8.self)
    _ = try rig.raw("HSET", meta, field, value, other, otherValue)
    #expect(try rig.failure { rig.store.inspect(item.keys, completion: $0) } == .unexpectedReply)
}

@Test func `a batch that does not end at the tail is a broken reply`() throws {
    func reply(_ numbers: [Int64]) throws -> AdmissionReply? {
        AdmissionReply(try #require(ScriptReply(.array(numbers.map { .integer($0) }))), count: 3)
    }
    #expect(try reply([0, 1, 2, 9, 5, 0, 7, 1])?.firstSequence == 7)
    for broken in [[0, 1, 2, 9, 5, 0, 6, 1], [0, 1, 2, 9, 5, 0, 8, 1], [0, 1, 10, 9, 5, 0, 7, 1]] {
        #expect(try reply(broken.map { Int64($0) }) == nil)
    }
}

@Test func `every layout is as long as what is packed for it`() {
    /// The length of a text of Lua's struct; `B`, `I4` and `c10` are all that scripts use.
    func length(_ pack: String) -> Int {
        pack.split { "BIc>".contains($0) }.reduce(pack.filter { $0 == "B" }.count) { $0 + (Int($1) ?? 0) }
    }
    #expect(length(">I4c10") == 14 && length(">BI2I8") == 11 && length(">BBI2") == 4)
    #expect(length(RecordLayout.numberedDetails) == RecordLayout.length)
    #expect(length(RecordLayout.sequence) == RecordLayout.quantity.lowerBound)
    #expect(length(RecordLayout.sequenceAndQuantity) == RecordLayout.quantity.upperBound)
    #expect(RecordLayout.digest.upperBound + 1 == RecordLayout.length, "the last byte is the key id")
    #expect(RecordLayout.digest.count == ChunkLayout.digestLength)
    #expect(RecordLayout.quantity.count == ChunkLayout.quantityLength)
    #expect(length(ChunkLayout.header) == ChunkLayout.headerLength)
    #expect(length(ChunkLayout.stamp) == ChunkLayout.stampLength)
    #expect(length(ChunkLayout.quantity) == ChunkLayout.quantityLength)
    #expect(
        AnswerLayout.length == 1 + RecordLayout.quantity.upperBound + 1 && AnswerLayout.keyID + 1 == AnswerLayout.length
    )
    #expect(length(FlightLayout.head) == FlightLayout.quantity.upperBound)
    #expect(length(FlightLayout.fixed) == FlightLayout.time.upperBound)
    #expect(
        FlightLayout.digest.count == ChunkLayout.digestLength
            && FlightLayout.digest.upperBound == FlightLayout.userStart)
    #expect(length(RunLayout.pack) == RunLayout.length)
    #expect(length(LedgerLayout.kind) + length(LedgerLayout.range) == LedgerLayout.length)
    #expect(length(LedgerLayout.movement) == LedgerLayout.length)
    #expect(length(RunOfEvents.pack) == RunOfEvents.length)
    #expect(length(SeriesLayout.point) == SeriesLayout.length && SeriesLayout.point.hasPrefix(SeriesLayout.time))
}
