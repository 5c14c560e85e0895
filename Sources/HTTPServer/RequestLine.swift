import Base

/// The rules of the first line: METHOD SP TARGET SP VERSION, with one space each and nothing around.
enum RequestLine {
    /// Reads the line `bytes[line]` into `head`; nil when it is in order.
    ///
    /// Form comes first, then version, then target, then method, so that other versions of HTTP are distinguished from
    /// noise.
    static func read(_ bytes: Span<UInt8>, _ line: Range<Int>, targetLimit: Int, into head: inout RequestHead)
        -> Refusal?
    {
        guard let methodEnd = bytes.firstIndex(of: 0x20, in: line) else { return .malformedRequestLine }
        let name = line.lowerBound..<methodEnd
        let method = Method.recognise(bytes, name)
        guard method != nil || CharacterSet.isToken(bytes, name) else { return .malformedRequestLine }
        let targetStart = methodEnd + 1
        // Where the target ends in a well-formed line; its end is searched for only in others.
        var targetEnd = line.upperBound - 9
        var (isTargetClean, question) = (false, targetEnd)
        if targetEnd > targetStart, bytes[targetEnd] == 0x20 {
            (isTargetClean, question) = CharacterSet.scanTarget(bytes, targetStart..<targetEnd)
        }
        if !isTargetClean {
            targetEnd = bytes.firstIndex(of: 0x20, in: targetStart..<line.upperBound) ?? line.upperBound
        }
        let target = targetStart..<targetEnd
        guard !target.isEmpty, line.upperBound - targetEnd == 9 else { return .malformedRequestLine }
        if let refusal = readVersion(bytes, at: targetEnd + 1, into: &head) { return refusal }
        if target.count > targetLimit { return .targetTooLong }
        guard isTargetClean else { return .malformedTarget }
        guard let method else { return .unknownMethod }
        let isAsterisk = target.count == 1 && bytes[targetStart] == UInt8(ascii: "*")
        guard bytes[targetStart] == UInt8(ascii: "/") || (isAsterisk && method == .options) else {
            return .malformedTarget
        }
        head.method = method
        head.path = ByteRange(targetStart..<question)
        head.query = ByteRange(min(question + 1, targetEnd)..<targetEnd)
        return nil
    }

    @inline(__always)
    private static func readVersion(_ bytes: Span<UInt8>, at start: Int, into head: inout RequestHead) -> Refusal? {
        let (major, minor) = (bytes[start + 5], bytes[start + 7])
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard bytes.holds("HTTP/", at: start), digits.contains(major), bytes[start + 6] == UInt8(ascii: "."),
            digits.contains(minor)
        else { return .malformedRequestLine }
        guard major == UInt8(ascii: "1"), minor <= UInt8(ascii: "1") else { return .unknownVersion }
        head.isHTTP10 = minor == UInt8(ascii: "0")
        head.keepsAlive = !head.isHTTP10
        return nil
    }
}
