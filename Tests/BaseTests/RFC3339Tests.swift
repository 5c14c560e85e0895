import Testing

@testable import Base

private func text(_ milliseconds: Int64) -> String {
    var buffer = ByteBuffer()
    buffer.append(rfc3339: WallInstant(milliseconds: milliseconds))
    return String(decoding: buffer.bytes, as: UTF8.self)
}

@Test(
    arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (1_794_355_200_000, "2026-11-11T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"), (951_868_800_000, "2000-03-01T00:00:00.000Z"),
        (4_107_542_399_999, "2100-02-28T23:59:59.999Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (1_709_164_800_123, "2024-02-29T00:00:00.123Z"), (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"), (1_700_000_000_007, "2023-11-14T22:13:20.007Z"),
    ] as [(Int64, String)])
func `times are written and read as RFC 3339 in UTC`(milliseconds: Int64, written: String) {
    #expect(text(milliseconds) == written)
    #expect(RFC3339.parse(written)?.milliseconds == milliseconds)
}

@Test func `every day of eight centuries survives the trip, and follows the one before`() {
    var random = SplitMix64(seed: 3339)
    var previous = ""
    for day in -146_097..<146_097 as Range<Int64> {
        let milliseconds = day * 86_400_000 + random.below(86_400_000)
        let written = text(milliseconds)
        #expect(RFC3339.parse(written)?.milliseconds == milliseconds)
        #expect(previous < written)
        previous = written
    }
}

@Test(
    arguments: [
        ("2026-11-11T00:00:00Z", 0), ("2026-11-11T08:00:00+08:00", 0), ("2026-11-10T16:00:00-08:00", 0),
        ("2026-11-11T05:45:00+05:45", 0), ("2026-11-11T00:00:00-00:00", 0), ("2026-11-11T00:00:00.5Z", 500),
        ("2026-11-11T00:00:00.05Z", 50), ("2026-11-11T00:00:00.0019999Z", 1), ("2026-11-11T00:00:00.123456789Z", 123),
    ] as [(String, Int64)])
func `offsets and fractions are understood`(written: String, past: Int64) {
    #expect(RFC3339.parse(written)?.milliseconds == 1_794_355_200_000 + past)
}

@Test(arguments: [
    "", "2026", "2026-11-11", "2026-11-11T00:00:00", "2026-11-11 00:00:00Z", "2026-11-11t00:00:00Z",
    "2026-11-11T00:00:00z", "2026-11-11T00:00:00ZZ", " 2026-11-11T00:00:00Z", "2026-11-11T00:00:00Z ",
    "2026-11-11T00:00:00.Z", "2026-11-11T00:00:00.1234567890Z", "2026-11-11T00:00:00,5Z", "2026-11-11T00:00Z",
    "2026-00-11T00:00:00Z", "2026-13-11T00:00:00Z", "2026-11-00T00:00:00Z", "2026-11-31T00:00:00Z",
    "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2024-02-30T00:00:00Z", "2026-11-11T24:00:00Z",
    "2026-11-11T00:60:00Z", "2026-11-11T23:59:60Z", "2016-12-31T23:59:60Z", "2026-11-11T00:00:00+24:00",
    "2026-11-11T00:00:00+00:60", "2026-11-11T00:00:00+0000", "2026-11-11T00:00:00+00", "2026-11-11T00:00:00+8:00",
    "26-11-11T00:00:00Z", "12026-11-11T00:00:00Z", "-026-11-11T00:00:00Z", "2026-1-11T00:00:00Z",
    "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "２026-11-11T00:00:00Z",
])
func `what is no time is nil`(written: String) {
    #expect(RFC3339.parse(written) == nil)
}

@Test func `a time cut at any byte is nil`() {
    let written = "2026-11-11T00:00:00.000+01:00"
    #expect(RFC3339.parse(written) != nil)
    for length in 0..<written.count {
        #expect(RFC3339.parse(String(written.prefix(length))) == nil, "cut at \(length)")
    }
}

@Test func `instants beyond four digits of year are written as the nearest that has them`() {
    #expect(text(.max) == "9999-12-31T23:59:59.999Z")
    #expect(text(.min) == "0000-01-01T00:00:00.000Z")
}
