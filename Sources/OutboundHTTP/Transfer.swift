import Base
import CCurl
import Glibc

/// One of libcurl's easy handles with what belongs to its present call; reused for later calls.
@safe
final class Transfer {
    let handle: UnsafeMutableRawPointer
    private var fields: UnsafeMutablePointer<curl_slist>?
    private var body: [UInt8] = []
    private var taken = 0  // bytes of the body
    private var received = 0  // bytes, fields included
    private var reply: [UInt8] = []
    private var rule = AddressRule(isPlain: false, allowsPlainToWorld: false)
    private var isAddressRefused = false
    private var isTooLong = false
    private var completion: ((OutboundResult) -> Void)?

    /// Nil when libcurl refuses what every call needs.
    init?() {
        guard let handle = unsafe curl_easy_init() else { return nil }
        unsafe self.handle = handle
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        let codes = unsafe [
            ccurl_set_private(handle, context),
            ccurl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https"),
            // None of the environment either: secrets would pass through it.
            ccurl_set_text(handle, CURLOPT_PROXY, ""),
            ccurl_set_long(handle, CURLOPT_NOSIGNAL, 1),
            ccurl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0),
            ccurl_set_long(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)),
            ccurl_set_long(handle, CURLOPT_MAXAGE_CONN, 30),
            ccurl_set_sink(handle, takeReply, context),
            ccurl_set_head_sink(handle, takeField, context),
            ccurl_set_opener(handle, openSocket, context),
        ]
        if codes.contains(where: { $0 != CURLE_OK }) { return nil }
    }

    deinit {
        unsafe curl_slist_free_all(fields)
        unsafe curl_easy_cleanup(handle)
    }

    /// Sets the handle up for a call; false when libcurl refuses it.
    func prepare(_ request: OutboundRequest, rule: AddressRule) -> Bool {
        unsafe curl_slist_free_all(fields)
        unsafe fields = nil
        // A small body is sent at once, without waiting for a 100.
        for line in request.fields + ["Expect:"] { unsafe fields = curl_slist_append(fields, line) }
        body = request.body
        taken = 0
        received = 0
        reply.removeAll(keepingCapacity: true)
        self.rule = rule
        isAddressRefused = false
        isTooLong = false
        let milliseconds = Int(max(1, request.deadline.wholeMilliseconds))
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        let codes = unsafe [
            ccurl_set_text(handle, CURLOPT_URL, request.url),
            ccurl_set_long(handle, CURLOPT_TIMEOUT_MS, milliseconds),
            ccurl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, milliseconds),
            ccurl_set_headers(handle, fields),
            // A source that can't be rewound: libcurl would otherwise send a request again by itself when a connection
            // that was used before is dead, and calls are counted here.
            ccurl_set_source(handle, giveBody, context, body.count),
        ]
        return !codes.contains { $0 != CURLE_OK }
    }

    /// The call goes out.
    func begin(_ completion: @escaping (OutboundResult) -> Void) {
        precondition(self.completion == nil, "one call at a time")
        self.completion = completion
    }

    /// The call has ended.
    ///
    /// - Returns: its completion, to be called once the handle is free for another call.
    func end() -> (OutboundResult) -> Void {
        guard let completion else { preconditionFailure("a call ends once") }
        self.completion = nil
        return completion
    }

    /// The result of the ended call.
    func result(_ code: CURLcode) -> OutboundResult {
        if code == CURLE_OK {
            var (status, seconds) = (0, curl_off_t(0))
            _ = unsafe ccurl_status(handle, &status)
            _ = unsafe ccurl_retry_after(handle, &seconds)
            let wait = seconds > 0 ? TimeSpan.seconds(min(Int64(seconds), 86_400)) : nil
            return .success(OutboundReply(status: status, body: reply, retryAfter: wait))
        }
        var sent = 0
        _ = unsafe ccurl_bytes_sent(handle, &sent)
        if isAddressRefused, sent == 0 { return .failure(.notSent("the address may not be connected to")) }
        if isTooLong { return .failure(.outcomeUnknown("the answer is longer than \(OutboundHTTP.replyLimit) bytes")) }
        // libcurl's code for a dead connection, where it would have sent the request again.
        let isCutOff = code == CURLE_SEND_FAIL_REWIND
        let reason =
            isCutOff ? "the connection ended before the answer" : unsafe String(cString: curl_easy_strerror(code))
        return .failure(sent == 0 ? .notSent(reason) : .outcomeUnknown(reason))
    }

    // MARK: Callbacks of libcurl

    fileprivate func receive(_ bytes: UnsafeRawBufferPointer, isField: Bool) -> Int {
        received += bytes.count
        guard received <= OutboundHTTP.replyLimit else {
            isTooLong = true
            return 0
        }
        if !isField { unsafe reply.append(contentsOf: bytes) }
        return bytes.count
    }

    fileprivate func give(_ room: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(room.count, body.count - taken)
        unsafe body.withUnsafeBytes { unsafe room.copyMemory(from: .init(rebasing: $0[taken..<taken + count])) }
        taken += count
        return count
    }

    fileprivate func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        let base = unsafe UnsafeRawPointer(address) + MemoryLayout<curl_sockaddr>.offset(of: \.addr)!
        let length = unsafe Int(address.pointee.addrlen)
        let family = unsafe address.pointee.family
        var bytes: [UInt8] = []
        // The places of the address within sockaddr_in and sockaddr_in6.
        if family == AF_INET, length >= 8 { unsafe bytes = Array(UnsafeRawBufferPointer(start: base + 4, count: 4)) }
        if family == AF_INET6, length >= 24 { unsafe bytes = Array(UnsafeRawBufferPointer(start: base + 8, count: 16)) }
        guard rule.allows(bytes) else {
            isAddressRefused = true
            return CURL_SOCKET_BAD
        }
        return unsafe socket(family, address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue), address.pointee.protocol)
    }
}

private func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    unsafe context.map { unsafe Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
}

private func takeReply(
    bytes: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
    unsafe transfer(context)?.receive(.init(start: bytes, count: size * count), isField: false) ?? 0
}

private func takeField(
    bytes: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
    unsafe transfer(context)?.receive(.init(start: bytes, count: size * count), isField: true) ?? 0
}

private func giveBody(
    room: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
    unsafe transfer(context)?.give(.init(start: room, count: size * count)) ?? 0
}

private func openSocket(
    context: UnsafeMutableRawPointer?, purpose: curlsocktype, address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let transfer = unsafe transfer(context), let address = unsafe address else { return CURL_SOCKET_BAD }
    return unsafe transfer.open(address)
}
