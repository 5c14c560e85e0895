/// The header fields that somebody here reads. All others are checked for form and forgotten.
public enum KnownHeader: UInt8, Sendable, CaseIterable {
    case host, contentLength, transferEncoding, connection, contentType, idempotencyKey, authorization
    case prefer, ifNoneMatch, traceparent, expect, lastEventID, userAgent
    case webhookID, webhookTimestamp, webhookSignature

    /// True where a second line of the same name leaves in doubt which one counts; such a request is refused.
    var isSingleton: Bool {
        switch self {
        case .connection, .prefer, .ifNoneMatch, .userAgent: false
        default: true
        }
    }

    /// The field named by `bytes[range]`, in whatever case; nil for one that nobody reads.
    static func recognise(_ bytes: Span<UInt8>, _ range: Range<Int>) -> KnownHeader? {
        let start = range.lowerBound
        switch range.count {
        case 4: return bytes.equalsFolded("host", at: start) ? .host : nil
        case 6:
            if bytes.equalsFolded("expect", at: start) { return .expect }
            return bytes.equalsFolded("prefer", at: start) ? .prefer : nil
        case 10:
            if bytes.equalsFolded("user-agent", at: start) { return .userAgent }
            if bytes.equalsFolded("webhook-id", at: start) { return .webhookID }
            return bytes.equalsFolded("connection", at: start) ? .connection : nil
        case 11: return bytes.equalsFolded("traceparent", at: start) ? .traceparent : nil
        case 12: return bytes.equalsFolded("content-type", at: start) ? .contentType : nil
        case 13:
            if bytes.equalsFolded("authorization", at: start) { return .authorization }
            if bytes.equalsFolded("if-none-match", at: start) { return .ifNoneMatch }
            return bytes.equalsFolded("last-event-id", at: start) ? .lastEventID : nil
        case 14: return bytes.equalsFolded("content-length", at: start) ? .contentLength : nil
        case 15: return bytes.equalsFolded("idempotency-key", at: start) ? .idempotencyKey : nil
        case 17:
            if bytes.equalsFolded("transfer-encoding", at: start) { return .transferEncoding }
            if bytes.equalsFolded("webhook-timestamp", at: start) { return .webhookTimestamp }
            return bytes.equalsFolded("webhook-signature", at: start) ? .webhookSignature : nil
        default: return nil
        }
    }
}
