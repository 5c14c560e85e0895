import Base
import Testing

@testable import OrderServiceModule

private func changed(_ text: String, from settings: ServiceSettings = ServiceSettings()) throws -> ServiceSettings {
    var settings = settings
    try settings.change(by: Array(text.utf8).span)
    return settings
}

private func text(_ settings: ServiceSettings) -> String {
    var buffer = ByteBuffer()
    buffer.appendJSON { settings.write(to: &$0) }
    return String(decoding: buffer.bytes, as: UTF8.self)
}

@Test func `what is shown can be set, and what is left out stays`() throws {
    let all = """
        {"slots":6,"service_us":200000,"variation_percent":100,"slow_down_percent":1000,"collapse_above":40,\
        "collapse_factor":9,"collapse_errors_per_mille":800,"calm_per_second":16,"calm_ms":3000,"busy_status":429,\
        "retry_after_seconds":7,"answer_late_ms":250,"faults_per_mille":{"fail_before":1,"fail_after_apply":2,\
        "timeout_after_apply":3,"wrong_body":4,"reset":5,"busy":6,"refuse":7}}
        """
    let settings = try changed(all)
    #expect(text(settings) == all)
    #expect(try changed("{}", from: settings) == settings)
    #expect(try changed(text(ServiceSettings()), from: settings) == ServiceSettings())
    let one = try changed(#"{"faults_per_mille":{"busy":0},"collapse_above":null}"#, from: settings)
    #expect(one.faults.busy == 0)
    #expect(one.faults.reset == 5)
    #expect(one.collapseAbove == nil)
}

@Test(arguments: [
    #"{"slots":0}"#, #"{"slots":"4"}"#, #"{"slot":4}"#, #"{"busy_status":500}"#, #"{"variation_percent":101}"#,
    #"{"faults_per_mille":{"reset":600,"busy":401}}"#, #"{"faults_per_mille":{"resets":1}}"#, #"{"slots":4"#,
    #"{"slots":4,"slots":5}"#, "[]",
])
func `what is wrong is refused and changes nothing`(body: String) {
    var settings = ServiceSettings()
    #expect(throws: JSONError.self) { try settings.change(by: Array(body.utf8).span) }
    #expect(settings == ServiceSettings())
}

@Test func `a body is an order with all its fields, or none`() {
    let order = """
        {"type":"order.place","ticket":"t1","item":"i","user":"u","quantity":1,"sequence":7,"attempt":1,\
        "admitted_at":"2026-01-01T00:00:00Z"}
        """
    func ticket(_ text: String) -> String? { OrderServer.ticket(of: Array(text.utf8).span) }
    #expect(ticket(order) == "t1")
    for (part, other) in [
        (#""order.place""#, #""order.cancel""#), (#""ticket":"t1""#, #""ticket":1"#), (#","user":"u""#, ""),
        (#""quantity":1"#, #""quantity":0"#), (#""sequence":7"#, #""sequence":"7""#), ("}", ""), (#""item":"i""#, "1"),
    ] {
        #expect(ticket(order.replacing(part, with: other)) == nil, "\(other)")
    }
}
