import RedisClient

/// What the decoder reads out of a stream does not depend on how it was cut, whatever the limit of a reply.
func fuzzRESP(_ bytes: [UInt8]) {
    for limit in [64, 4096] {
        let whole = decode(bytes, limit: limit) { _ in bytes.count }
        let dripped = decode(bytes, limit: limit) { _ in 1 }
        require(whole == dripped, "the replies depend on the cuts")
        var cuts = RandomCuts(seed: bytes)
        let random = decode(bytes, limit: limit) { cuts.next(most: $0) }
        require(whole == random, "the replies depend on the cuts")
    }
}

private struct Decoded: Equatable {
    var replies: [RedisValue] = []
    /// Which error it is may depend on the cuts: too long is noticed earlier in small pieces.
    var isBroken = false
}

private func decode(_ bytes: [UInt8], limit: Int, next: (Int) -> Int) -> Decoded {
    var decoder = ReplyDecoder(mostReplyBytes: limit)
    var decoded = Decoded()
    var start = 0
    while start < bytes.count {
        let end = start + next(bytes.count - start)
        decoder.feed(bytes.span.extracting(start..<end))
        start = end
        do throws(ProtocolError) {
            while let reply = try decoder.next() {
                require(depth(of: reply) <= 7, "arrays nested too deep")
                decoded.replies.append(reply)
            }
        } catch {
            require(!error.description.isEmpty, "an error without a reason")
            decoded.isBroken = true
            return decoded
        }
    }
    return decoded
}

private func depth(of value: RedisValue) -> Int {
    guard let elements = value.array else { return 0 }
    return 1 + (elements.map(depth).max() ?? 0)
}
