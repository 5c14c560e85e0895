import CLoad
import Glibc

/// Is told when its descriptor is ready; on errors and hang-ups it is told that it may read.
public protocol ReadinessHandler: AnyObject {
    func ready(canRead: Bool, canWrite: Bool)
}

/// A system call that failed, with errno.
public struct SystemError: Error, CustomStringConvertible {
    public let call: String
    public let number: Int32

    init(_ call: String) {
        self.call = call
        number = cload_errno()
    }

    public var description: String { unsafe "\(call): \(String(cString: strerror(number)))" }
}

/// One thread's epoll: who waits for which descriptor, and the clock.
public final class Poller {
    private let epoll: Int32
    private var handlers: [Int32: (generation: UInt32, handler: any ReadinessHandler)] = [:]
    private var generation: UInt32 = 0
    private var events = [cload_event](repeating: cload_event(events: 0, data: 0), count: 256)

    /// When the present turn began.
    public private(set) var now: Nanoseconds

    public init() throws(SystemError) {
        epoll = cload_epoll_create()
        guard epoll >= 0 else { throw SystemError("epoll_create1") }
        now = Self.clock
    }

    deinit { close(epoll) }

    public static var clock: Nanoseconds { Nanoseconds(cload_monotonic_ns()) }

    /// Watches `descriptor` for reading, and for writing when asked. The poller keeps `handler` alive until `forget`.
    func watch(_ descriptor: Int32, writing: Bool, _ handler: any ReadinessHandler) throws(SystemError) {
        generation &+= 1
        guard cload_epoll_add(epoll, descriptor, Self.flags(writing), Self.pack(descriptor, generation)) == 0 else {
            throw SystemError("epoll_ctl")
        }
        handlers[descriptor] = (generation, handler)
    }

    func change(_ descriptor: Int32, writing: Bool) {
        guard let known = handlers[descriptor] else { return }
        _ = cload_epoll_modify(epoll, descriptor, Self.flags(writing), Self.pack(descriptor, known.generation))
    }

    /// Ends the calls; call it before closing the descriptor. Events already fetched for it are dropped.
    func forget(_ descriptor: Int32) {
        guard handlers.removeValue(forKey: descriptor) != nil else { return }
        _ = cload_epoll_remove(epoll, descriptor)
    }

    /// Waits until something is ready or `time` has come, and tells the handlers.
    public func turn(until time: Nanoseconds) {
        let wait = max(0, time.count - Self.clock.count)
        let count = unsafe cload_epoll_wait(epoll, &events, Int32(events.count), wait)
        now = Self.clock
        for index in 0..<max(0, Int(count)) {
            let (flags, data) = (Int32(bitPattern: events[index].events), events[index].data)
            let known = handlers[Int32(truncatingIfNeeded: data & 0xFFFF_FFFF)]
            guard let known, known.generation == UInt32(data >> 32) else { continue }
            let failed = flags & Int32(CLOAD_ERROR | CLOAD_HANGUP) != 0
            known.handler.ready(
                canRead: failed || flags & Int32(CLOAD_READABLE) != 0, canWrite: flags & Int32(CLOAD_WRITABLE) != 0)
        }
    }

    private static func flags(_ writing: Bool) -> UInt32 {
        UInt32(CLOAD_READABLE) | (writing ? UInt32(CLOAD_WRITABLE) : 0)
    }

    private static func pack(_ descriptor: Int32, _ generation: UInt32) -> UInt64 {
        UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
    }
}
