import CCurl
import Glibc

/// HTTP by libcurl: one connection a call, no redirects, no proxy, and bounds on time and size.
///
/// No proxy, because the admin token would pass through it.
public struct CurlTransport: Transport {
    private static let connectTimeoutMilliseconds = 2_000
    fileprivate static let bytesAtMost = 16 << 20

    private static let isLibraryReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    public init() {}

    public func send(_ request: Request) throws(Failure) -> Response {
        guard Self.isLibraryReady, let handle = unsafe curl_easy_init() else {
            throw Failure(.failed, "libcurl does not start")
        }
        defer { unsafe curl_easy_cleanup(handle) }
        var headers: UnsafeMutablePointer<curl_slist>? = nil
        defer { unsafe curl_slist_free_all(headers) }
        for line in headerLines(of: request) { unsafe headers = curl_slist_append(headers, line) }
        let sink = Sink()
        let code = unsafe perform(request, on: handle, headers: headers, into: sink)
        guard code == CURLE_OK else { throw failure(code, request) }
        var status = 0
        _ = unsafe ccurl_status(handle, &status)
        return Response(status: status, bytes: sink.bytes)
    }

    private func headerLines(of request: Request) -> [String] {
        var lines = ["Accept: \(request.accept)", "Expect:"]
        if let token = request.token { lines.append("Authorization: Bearer \(token)") }
        if let key = request.key { lines.append("Idempotency-Key: \(key)") }
        if request.body != nil { lines.append("Content-Type: application/json") }
        return lines
    }

    private func perform(
        _ request: Request, on handle: UnsafeMutableRawPointer, headers: UnsafeMutablePointer<curl_slist>?,
        into sink: Sink
    ) -> CURLcode {
        let context = unsafe Unmanaged.passUnretained(sink).toOpaque()
        var codes = unsafe [
            ccurl_set_text(handle, CURLOPT_URL, request.url),
            ccurl_set_text(handle, CURLOPT_CUSTOMREQUEST, request.method),
            ccurl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https"),
            ccurl_set_text(handle, CURLOPT_PROXY, ""),
            ccurl_set_long(handle, CURLOPT_NOSIGNAL, 1),
            ccurl_set_long(handle, CURLOPT_TIMEOUT_MS, request.timeoutMilliseconds),
            ccurl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, Self.connectTimeoutMilliseconds),
            ccurl_set_headers(handle, headers),
            ccurl_set_sink(handle, receive, context),
        ]
        if let body = request.body?.text {
            unsafe codes.append(ccurl_set_body(handle, body, body.utf8.count))
        }
        if let refused = codes.first(where: { $0 != CURLE_OK }) { return refused }
        return withExtendedLifetime(sink) { unsafe curl_easy_perform(handle) }
    }

    private func failure(_ code: CURLcode, _ request: Request) -> Failure {
        let reason = unsafe String(cString: curl_easy_strerror(code))
        let hint =
            code == CURLE_COULDNT_CONNECT
            ? "is it running? start it with: sluice up, or name another server with --url"
            : code == CURLE_OPERATION_TIMEDOUT
                ? "whether the call was carried out is not known; look before repeating it" : nil
        return Failure(.failed, "\(request.method) \(request.url): \(reason)", hint: hint)
    }
}

private final class Sink {
    private(set) var bytes: [UInt8] = []

    /// False, and nothing is taken, where that would be too much.
    func take(_ chunk: UnsafeRawBufferPointer, atMost limit: Int) -> Bool {
        guard bytes.count + chunk.count <= limit else { return false }
        unsafe bytes.append(contentsOf: chunk)
        return true
    }
}

private func receive(
    bytes: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
    let sink = unsafe Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue()
    let total = size * count
    let chunk = unsafe UnsafeRawBufferPointer(start: bytes, count: total)
    return unsafe sink.take(chunk, atMost: CurlTransport.bytesAtMost) ? total : 0
}
