import Base

/// The header fields that a program of ours reads. All others are checked for form and dropped.
public enum KnownHeader: UInt8, Sendable, CaseIterable {
    case host, contentLength, transferEncoding, connection, contentType, idempotencyKey, authorization
    case ifMatch, ifNoneMatch, traceparent, expect
    case webhookID, webhookTimestamp, webhookSignature
    case accept, acceptLanguage, origin, fetchSite, prefer, lastEventID

    /// True where it would be unclear which of two lines of the same name counts; such a request is refused.
    var isSingleton: Bool {
        switch self {
        case .connection, .ifNoneMatch, .accept, .acceptLanguage, .prefer: false
        default: true
        }
    }

    /// The field named by `bytes[range]`, in upper or lower case; nil for one that is not read.
    @inline(__always)
    static func recognise(_ bytes: Span<UInt8>, _ range: Range<Int>) -> KnownHeader? {
        let start = range.lowerBound
        switch range.count {
        case 4: return bytes.holdsFolded("host", at: start) ? .host : nil
        case 6:
            if bytes.holdsFolded("accept", at: start) { return .accept }
            if bytes.holdsFolded("origin", at: start) { return .origin }
            if bytes.holdsFolded("prefer", at: start) { return .prefer }
            return bytes.holdsFolded("expect", at: start) ? .expect : nil
        case 8: return bytes.holdsFolded("if-match", at: start) ? .ifMatch : nil
        case 10:
            if bytes.holdsFolded("webhook-id", at: start) { return .webhookID }
            return bytes.holdsFolded("connection", at: start) ? .connection : nil
        case 11: return bytes.holdsFolded("traceparent", at: start) ? .traceparent : nil
        case 12: return bytes.holdsFolded("content-type", at: start) ? .contentType : nil
        case 13:
            if bytes.holdsFolded("authorization", at: start) { return .authorization }
            if bytes.holdsFolded("if-none-match", at: start) { return .ifNoneMatch }
            return bytes.holdsFolded("last-event-id", at: start) ? .lastEventID : nil
        case 14:
            if bytes.holdsFolded("content-length", at: start) { return .contentLength }
            return bytes.holdsFolded("sec-fetch-site", at: start) ? .fetchSite : nil
        case 15:
            if bytes.holdsFolded("idempotency-key", at: start) { return .idempotencyKey }
            return bytes.holdsFolded("accept-language", at: start) ? .acceptLanguage : nil
        case 17:
            if bytes.holdsFolded("transfer-encoding", at: start) { return .transferEncoding }
            if bytes.holdsFolded("webhook-timestamp", at: start) { return .webhookTimestamp }
            return bytes.holdsFolded("webhook-signature", at: start) ? .webhookSignature : nil
        default: return nil
        }
    }
}
