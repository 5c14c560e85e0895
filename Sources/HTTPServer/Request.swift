/// One request, as a handler sees it while it is called. It lies in the server's read buffer: what must outlive the
/// call is copied by the handler.
///
/// Safe because a handler only borrows it, and the buffer stays in place during the call.
@safe public struct Request: ~Copyable {
    private let head: RequestHead
    private let bytes: UnsafeRawBufferPointer
    private let body: UnsafeRawBufferPointer

    /// `bytes` begin at the request's first byte; both must stay in place as long as this value lives.
    init(head: RequestHead, bytes: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer) {
        self.head = head
        unsafe self.bytes = bytes
        unsafe self.body = body
    }

    public var method: Method { head.method }

    /// The target up to "?", as sent: percent-encoding is not decoded.
    public func withPath<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        try unsafe body(pathBytes.span)
    }

    /// The target after "?", as sent; empty where there is none.
    public func withQuery<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        try unsafe body(queryBytes.span)
    }

    /// The whole body, chunks put together; empty where there is none.
    public func withBody<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        try unsafe body(bodyBytes.span)
    }

    /// The value of a field without the spaces around it, of repeated fields the first; nil, and no call, when absent.
    public func withHeader<R, E: Error>(
        _ name: KnownHeader, _ body: (Span<UInt8>) throws(E) -> R
    ) throws(E) -> R? {
        guard let value = unsafe fieldBytes(name) else { return nil }
        return try unsafe body(value.span)
    }

    /// The value of a field as text, for paths that are not hot; nil when absent. Bytes that are not UTF-8 are
    /// replaced.
    public func header(_ name: KnownHeader) -> String? {
        unsafe fieldBytes(name).map { unsafe String(decoding: $0, as: UTF8.self) }
    }

    private var pathBytes: UnsafeBufferPointer<UInt8> { unsafe slice(head.path.range) }

    private var queryBytes: UnsafeBufferPointer<UInt8> { unsafe slice(head.query.range) }

    private var bodyBytes: UnsafeBufferPointer<UInt8> { unsafe body.assumingMemoryBound(to: UInt8.self) }

    private func fieldBytes(_ name: KnownHeader) -> UnsafeBufferPointer<UInt8>? {
        guard let range = head.value(name) else { return nil }
        return unsafe slice(range)
    }

    private func slice(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
        unsafe UnsafeRawBufferPointer(rebasing: bytes[range]).assumingMemoryBound(to: UInt8.self)
    }
}
