import Base

/// The methods this server can pass on; every other one is answered 405 before a handler sees it.
public enum Method: UInt8, Sendable {
    case get, head, post, put, delete, options, patch

    /// The method in `bytes[range]`, which is case-sensitive; nil for one that we do not know.
    @inline(__always)
    static func recognise(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Method? {
        switch range.count {
        case 3:
            if bytes.holds("GET", at: range.lowerBound) { return .get }
            return bytes.holds("PUT", at: range.lowerBound) ? .put : nil
        case 4:
            if bytes.holds("POST", at: range.lowerBound) { return .post }
            return bytes.holds("HEAD", at: range.lowerBound) ? .head : nil
        case 5: return bytes.holds("PATCH", at: range.lowerBound) ? .patch : nil
        case 6: return bytes.holds("DELETE", at: range.lowerBound) ? .delete : nil
        case 7: return bytes.holds("OPTIONS", at: range.lowerBound) ? .options : nil
        default: return nil
        }
    }
}
