/// The methods this server can pass on; every other one is answered 405 before a handler sees it.
public enum Method: UInt8, Sendable {
    case get, head, post, put, delete, options, patch

    /// The method spelled by `bytes[range]`, which is case-sensitive; nil for one that we do not know.
    static func recognise(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Method? {
        switch range.count {
        case 3:
            if bytes.equals("GET", at: range.lowerBound) { return .get }
            return bytes.equals("PUT", at: range.lowerBound) ? .put : nil
        case 4:
            if bytes.equals("POST", at: range.lowerBound) { return .post }
            return bytes.equals("HEAD", at: range.lowerBound) ? .head : nil
        case 5: return bytes.equals("PATCH", at: range.lowerBound) ? .patch : nil
        case 6: return bytes.equals("DELETE", at: range.lowerBound) ? .delete : nil
        case 7: return bytes.equals("OPTIONS", at: range.lowerBound) ? .options : nil
        default: return nil
        }
    }
}
