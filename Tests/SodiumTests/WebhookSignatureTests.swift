import Sodium
import Testing

@Test func `the vector of the Standard Webhooks is signed as they sign it`() throws {
    // The example of the specification's reference libraries.
    let key = try #require(Base64.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    let signature = WebhookSignature.make(
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8),
        key: key)
    #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
}

@Test func `keys of any length sign as HMAC-SHA256 does elsewhere`() {
    // Computed with Python's hmac; the second key is longer than a block.
    let cases: [(key: [UInt8], id: String, timestamp: Int64, body: String, signature: String)] = [
        (Array("key".utf8), "a", 1, "b", "v1,x5tOcy8TSmcrIlScag+jdQEcfzV2fwdz8mSFheg7RaQ="),
        ([UInt8](repeating: 0xAA, count: 131), "a", 1, "b", "v1,8XG6BjEPK3nO+0+wBN+drITu4cQlw01uO1sHMVes400="),
        (Array("key".utf8), "", 0, "", "v1,LBHEhfh14wb2zMm4n7Nh77adi+j1HGUY6vO+oOZtzyc="),
    ]
    for one in cases {
        let made = WebhookSignature.make(
            id: one.id, timestamp: one.timestamp, body: Array(one.body.utf8), key: one.key)
        #expect(made == one.signature)
    }
}
