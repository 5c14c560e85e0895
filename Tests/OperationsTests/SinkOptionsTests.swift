import Testing

@testable import Operations

private func problem<Value>(_ kind: OptionKind<Value>, _ text: String) -> String? {
    do throws(BadValue) {
        _ = try kind.parse(text)
        return nil
    } catch {
        return error.expected
    }
}

@Test func `the URL of a service is plain, and holds neither login nor tricks`() {
    for url in [
        "https://shop.example/orders", "http://127.0.0.1:8090/orders?key=a@b", "https://[::1]:1", "https://a",
        "http://10.0.0.1/a/b%20c",
    ] {
        #expect(problem(.serviceURL, url) == nil, "\(url)")
    }
    for url in [
        "", "shop.example", "ftp://a/", "https://", "http:///x", "https://:80/", "https://a b/", "https://a/#x",
        "HTTPS://a/", "https://a\\@b/", "file:///etc/passwd", "https://a/é", "unix:///x",
        "https://a/" + String(repeating: "x", count: 1_024),
    ] {
        #expect(problem(.serviceURL, url)?.hasPrefix("https://host") == true, "\(url)")
    }
    for url in ["https://user:hush@a/", "https://user@a", "http://127.0.0.1:80@169.254.169.254/"] {
        #expect(problem(.serviceURL, url)?.hasPrefix("without a user") == true, "\(url)")
    }
}

@Test func `the secret of the calls is what the Standard Webhooks write, or any text of some length`() throws {
    let key = try OptionKind<Secret<[UInt8]>>.webhookSecret.parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").exposed
    #expect(key.count == 24 && key.prefix(2) == [0x31, 0xF2])
    let text = "a text of at least 24 bytes is a key as it stands"
    let plain = try OptionKind<Secret<[UInt8]>>.webhookSecret.parse(" \(text) \n\n").exposed
    #expect(plain == Array(text.utf8))
    let hex = try OptionKind<Secret<[UInt8]>>.webhookSecret.parse(String(repeating: "0fA9", count: 16)).exposed
    #expect(hex == (0..<32).map { $0 % 2 == 0 ? 0x0F : 0xA9 })
    for bad in [
        "", "short", "whsec_", "whsec_MfKQ", "whsec_not base64", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "a\nb",
    ] {
        let what = problem(.webhookSecret, bad) ?? ""
        #expect(!what.contains("MfKQ") && what.contains("make one with"), "\(bad)")
    }
    #expect("\(Secret(key))" == "***")
}
