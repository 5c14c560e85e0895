import Base
import Domain
import EventLoop
import HTTPServer
import Testing

@testable import WorkerModule

/// What the switches of the ops listener do and answer, without a listener.
@Suite struct SwitchAnswerTests {
    private let loop: EventLoop
    private let nothing: [UInt8] = []

    init() throws { loop = try EventLoop() }

    private func text(_ answer: SwitchAnswer?) -> String {
        answer.map { "\($0.status) " + String(decoding: $0.body, as: UTF8.self) } ?? "none"
    }

    private func breaker(_ mode: CircuitBreaker.Mode) -> BreakerDriver {
        var settings = CircuitBreaker.Settings()
        settings.mode = mode
        return BreakerDriver(loop: loop, group: "shop", settings: settings, log: WorkerNotes())
    }

    @Test func `a breaker is set in the mode manual, and shows what it is`() {
        let breaker = breaker(.auto)
        let toggle = BreakerSwitch(breaker: breaker)
        let open = Array(#"{"mode":"manual","state":"open"}"#.utf8)
        let shown = #"200 {"group":"shop","mode":"manual","state":"open","tripped":true,"calls":0,"bad":0}"#
        #expect(text(toggle.answer(.put, open.span)) == shown)
        #expect(breaker.state == .open && breaker.machine.settings.mode == .manual)
        #expect(text(toggle.answer(.get, nothing.span)) == shown)
        #expect(toggle.answer(.delete, nothing.span) == nil)
    }

    @Test(arguments: [
        (#"{"state":"open"}"#, "a state can be set in the mode manual only"),
        (#"{"mode":"auto","state":"open"}"#, "a state can be set in the mode manual only"),
        (#"{"mode":"sometimes"}"#, "mode is auto, alert-only or manual; state is open or closed"), ("{", "JSON"),
    ])
    func `a breaker refuses what it can't do, and stays as it was`(body: String, says: String) {
        let breaker = breaker(.alertOnly)
        let answer = BreakerSwitch(breaker: breaker).answer(.put, Array(body.utf8).span)
        #expect(answer?.status == 400 && text(answer).contains(says), "\(text(answer))")
        #expect(breaker.state == .closed && breaker.machine.settings.mode == .alertOnly)
    }

    @Test func `the delay sink is changed, and a refusal leaves it as it was`() {
        let sink = DelaySink(loop: loop, settings: .init(delay: .milliseconds(20), slots: 4))
        let toggle = DelaySwitch(sink: sink)
        let change = Array(#"{"slots":2,"variation_percent":50}"#.utf8)
        #expect(
            text(toggle.answer(.put, change.span)).hasPrefix(
                #"200 {"ms":20,"slots":2,"variation_percent":50,"stay_us":{"count":0,"#))
        #expect(sink.settings == .init(delay: .milliseconds(20), slots: 2, variationPercent: 50))
        let refused = toggle.answer(.put, Array(#"{"slots":0}"#.utf8).span)
        #expect(text(refused).contains(#""title":"The request is not valid","status":400,"#))
        #expect(sink.settings.slots == 2 && toggle.answer(.post, change.span) == nil)
    }

    @Test func `doubts are called for again, by the name of their item, where that is possible`() {
        var asked: [String] = []
        var isPossible = true
        let toggle = DoubtSwitch {
            asked.append($0.description)
            return isPossible
        }
        let body = Array(#"{"item":"demo"}"#.utf8)
        #expect(text(toggle.answer(.post, body.span)) == "202 {}")
        isPossible = false
        #expect(text(toggle.answer(.post, body.span)).contains(#""status":503,"#))
        #expect(asked == ["demo", "demo"])
        #expect(toggle.answer(.post, Array(#"{"item":"a/b"}"#.utf8).span)?.status == 400 && asked.count == 2)
        #expect(toggle.answer(.get, body.span) == nil)
    }
}
