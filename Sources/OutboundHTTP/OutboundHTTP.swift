import Base
import CCurl
public import EventLoop
import Glibc

// DESIGN
// libcurl does HTTP and TLS, the loop does the waiting: libcurl calls back with the sockets and the time that it waits
// for, and curl_multi_socket_action reports to it when they are ready. So outbound calls run on the thread of their
// process, and thousands a second cost no thread and no lock (only resolving a name has one, inside libcurl).

/// Calls to HTTP services outside, over kept connections. Belongs to its loop's thread.
///
/// Redirects are not followed, no proxy is used, answers have a bound, and a call is sent once: retries are the
/// caller's.
@safe
public final class OutboundHTTP {
    public static let replyLimit = 65_536  // bytes of an answer, its fields and body

    private static let isLibraryReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    private let loop: EventLoop
    private let multi: UnsafeMutableRawPointer
    private let connections: Int
    private let allowsPlainToWorld: Bool
    private var transfers: [Transfer] = []
    private var idle: [Transfer] = []
    private var watches: [Int32: SocketWatch] = [:]
    private var timer: Token?
    /// Calls under way.
    public private(set) var count = 0

    /// - Parameters:
    ///   - connections: calls at once, and connections kept, at most.
    ///   - allowsPlainToWorld: whether http: may leave the private networks.
    public init(loop: EventLoop, connections: Int, allowsPlainToWorld: Bool = false) {
        precondition(connections > 0)
        guard Self.isLibraryReady, let multi = unsafe curl_multi_init() else {
            preconditionFailure("libcurl does not start")
        }
        self.loop = loop
        unsafe self.multi = multi
        self.connections = connections
        self.allowsPlainToWorld = allowsPlainToWorld
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        let codes = unsafe [
            ccurl_multi_set_watcher(multi, watchSocket, context),
            ccurl_multi_set_timer(multi, setTimer, context),
            ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, connections),
            ccurl_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections),
        ]
        precondition(!codes.contains { $0 != CURLM_OK }, "libcurl refuses the settings of every version we know")
    }

    deinit {
        // From here on libcurl must not call back.
        _ = unsafe ccurl_multi_set_watcher(multi, nil, nil)
        _ = unsafe ccurl_multi_set_timer(multi, nil, nil)
        if let timer { loop.cancel(timer) }
        for (socket, watch) in watches { watch.end(socket, loop) }
        for transfer in transfers { unsafe curl_multi_remove_handle(multi, transfer.handle) }
        transfers.removeAll()
        idle.removeAll()
        unsafe curl_multi_cleanup(multi)
    }

    /// Whether one more call may be made now.
    public var hasRoom: Bool { count < connections }

    /// Sends a POST; `completion` is called once, in a later turn or for a call that can't be made at all in this one.
    /// Only while there is room.
    public func post(_ request: OutboundRequest, completion: @escaping (OutboundResult) -> Void) {
        precondition(hasRoom, "more calls than connections")
        let rule = AddressRule(isPlain: request.url.hasPrefix("http:"), allowsPlainToWorld: allowsPlainToWorld)
        guard let transfer = idle.popLast() ?? newTransfer(), transfer.prepare(request, rule: rule) else {
            return completion(.failure(.notSent("libcurl refuses the call")))
        }
        count += 1
        transfer.begin(completion)
        let code = unsafe curl_multi_add_handle(multi, transfer.handle)
        precondition(code == CURLM_OK, "libcurl refuses a transfer")
    }

    private func newTransfer() -> Transfer? {
        guard let transfer = Transfer() else { return nil }
        transfers.append(transfer)
        return transfer
    }

    // MARK: Turns

    fileprivate func act(on socket: Int32, mask: Int32) {
        var running: Int32 = 0
        _ = unsafe curl_multi_socket_action(multi, socket, mask, &running)
        finishEnded()
    }

    private func finishEnded() {
        var code = CURLE_OK
        while let handle = unsafe ccurl_multi_next_ended(multi, &code) {
            var context: UnsafeMutableRawPointer?
            _ = unsafe ccurl_get_private(handle, &context)
            guard let context = unsafe context else { continue }
            let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            let result = transfer.result(code)
            unsafe curl_multi_remove_handle(multi, handle)
            let completion = transfer.end()
            idle.append(transfer)
            count -= 1
            assert(count >= 0, "a call ended twice")
            completion(result)
        }
    }

    fileprivate func wake(after milliseconds: Int) {
        if let timer { loop.cancel(timer) }
        timer = nil
        guard milliseconds >= 0 else { return }
        timer = loop.schedule(after: .milliseconds(Int64(milliseconds))) { [unowned self] in
            timer = nil
            act(on: CURL_SOCKET_TIMEOUT, mask: 0)
        }
    }

    fileprivate func watch(_ socket: Int32, _ what: Int32) {
        guard what != CURL_POLL_REMOVE else {
            watches.removeValue(forKey: socket)?.end(socket, loop)
            return
        }
        var interest: Interest = []
        if what & CURL_POLL_IN != 0 { interest.insert(.readable) }
        if what & CURL_POLL_OUT != 0 { interest.insert(.writable) }
        if let known = watches[socket] { return known.change(socket, interest, loop) }
        watches[socket] = SocketWatch(socket, interest, loop) { [unowned self] in act(on: socket, mask: $0) }
    }
}

/// The loop's watch over one of libcurl's sockets.
private final class SocketWatch: ReadinessHandler {
    private var token: Token?
    private let onReady: (Int32) -> Void

    init(_ socket: Int32, _ interest: Interest, _ loop: EventLoop, onReady: @escaping (Int32) -> Void) {
        self.onReady = onReady
        // A socket that can't be watched ends by the call's deadline.
        token = try? loop.register(socket, for: interest, handler: self)
    }

    func change(_ socket: Int32, _ interest: Interest, _ loop: EventLoop) {
        if let token { loop.modify(socket, token: token, for: interest) }
    }

    func end(_ socket: Int32, _ loop: EventLoop) {
        if let token { loop.deregister(socket, token: token) }
        token = nil
    }

    func ready(_ readiness: Readiness) {
        var mask: Int32 = 0
        if readiness.contains(.readable) { mask |= CURL_CSELECT_IN }
        if readiness.contains(.writable) { mask |= CURL_CSELECT_OUT }
        if !readiness.isDisjoint(with: .failed) { mask |= CURL_CSELECT_ERR }
        onReady(mask)
    }
}

private func watchSocket(
    handle: UnsafeMutableRawPointer?, socket: curl_socket_t, what: Int32, context: UnsafeMutableRawPointer?,
    own: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context = unsafe context else { return 0 }
    unsafe Unmanaged<OutboundHTTP>.fromOpaque(context).takeUnretainedValue().watch(socket, what)
    return 0
}

private func setTimer(handle: UnsafeMutableRawPointer?, milliseconds: Int, context: UnsafeMutableRawPointer?) -> Int32 {
    guard let context = unsafe context else { return 0 }
    unsafe Unmanaged<OutboundHTTP>.fromOpaque(context).takeUnretainedValue().wake(after: milliseconds)
    return 0
}
