import Testing

@testable import HTTPServer

@Test(arguments: [
    (784_111_777, "Sun, 06 Nov 1994 08:49:37"), (0, "Thu, 01 Jan 1970 00:00:00"),
    (951_782_399, "Mon, 28 Feb 2000 23:59:59"), (951_782_400, "Tue, 29 Feb 2000 00:00:00"),
    (951_868_800, "Wed, 01 Mar 2000 00:00:00"), (1_709_164_800, "Thu, 29 Feb 2024 00:00:00"),
    (4_107_542_400, "Mon, 01 Mar 2100 00:00:00"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59"),
    (1_735_689_599, "Tue, 31 Dec 2024 23:59:59"), (1_795_252_414, "Sat, 21 Nov 2026 09:13:34"),
])
func `dates are those of the calendar`(second: Int64, expected: String) {
    #expect(String(decoding: DateField.render(second: second), as: UTF8.self) == "Date: \(expected) GMT\r\n")
}

@Test func `every refusal has a status line, a code and a sentence`() {
    for refusal in Refusal.allCases {
        #expect(StatusLine.text(refusal.status).description.hasPrefix("HTTP/1.1 \(refusal.status) "))
        #expect(!StatusLine.reason(refusal.status).isEmpty)
        #expect(!StatusLine.reason(refusal.status).contains("\r"))
        #expect(refusal.detail.description.hasSuffix("."))
        #expect((refusal.status == 400) == (refusal.code.description == "invalid-request"))
    }
}
