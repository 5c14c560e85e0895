import Base
import Domain
import Operations
import Testing

@testable import WorkerModule

@Test(arguments: [
    (#"{"mode":"manual","state":"open"}"#, BreakerSwitch.Change(mode: .manual, isOpen: true)),
    (#"{"state":"closed","of_tomorrow":[1]}"#, BreakerSwitch.Change(mode: nil, isOpen: false)),
    ("{}", BreakerSwitch.Change()), (#"{"mode":"sometimes"}"#, nil), (#"{"state":"ajar"}"#, nil),
])
func `a breaker's mode and state are read, and what is left out stays`(
    body: String, expected: BreakerSwitch.Change?
) throws {
    #expect(try BreakerSwitch.read(Array(body.utf8).span) == expected)
}

@Test func `a body that is no JSON, or says a thing twice, is refused`() {
    for body in ["", "[]", "{", #"{"mode":"auto","mode":"manual"}"#, #"{"mode":1}"#] {
        #expect(throws: JSONError.self, "\(body)") { try BreakerSwitch.read(Array(body.utf8).span) }
    }
    #expect(throws: JSONError.self) { try DoubtSwitch.read(Array(#"{"item":"a","item":"b"}"#.utf8).span) }
}

@Test func `doubts are named by their item`() throws {
    #expect(try DoubtSwitch.read(Array(#"{"item":"demo","why":null}"#.utf8).span) == ItemName("demo"))
    for body in ["{}", #"{"item":"a/b"}"#, #"{"item":""}"#] {
        #expect(try DoubtSwitch.read(Array(body.utf8).span) == nil)
    }
}

@Test func `the delay sink keeps what is left out, and what is not known is refused`() throws {
    var settings = DelaySink.Settings(delay: .milliseconds(20), slots: 4)
    try DelaySwitch.read(Array(#"{"slots":2,"variation_percent":50}"#.utf8).span, into: &settings)
    #expect(settings.delay == .milliseconds(20) && settings.slots == 2 && settings.variationPercent == 50)
    for body in [#"{"slots":0}"#, #"{"slots":100001}"#, #"{"ms":600001}"#, #"{"variation_percent":101}"#, #"{"x":1}"#] {
        var untouched = settings
        #expect(throws: JSONError.self, "\(body)") {
            try DelaySwitch.read(Array(body.utf8).span, into: &untouched)
        }
    }
}

@Test(arguments: [
    ([], []), (["--sink", "webhook"], ["--sink-url", "--sink-secret-file", "--ticket-key-file"]),
    (["--sink", "postgres"], ["--postgres-url", "--ticket-key-file"]), (["--sink", "delay"], []),
])
func `a sink names what it needs`(arguments: [String], missing: [String]) {
    let surroundings = Surroundings(arguments: arguments, environment: [:], cores: 1) { _, _ in .failure("") }
    var subjects: [String] = []
    if case .refuse(let problems) = WorkerConfiguration.schema.load(surroundings) { subjects = problems.map(\.subject) }
    #expect(subjects == missing)
}
