import CHiredis

// DESIGN
// hiredis' reader calls back for every value it has read. Its own callbacks build a tree of malloc'ed nodes, which we
// would walk, copy and free; and they allocate an array as long as its header claims. Ours put Swift values together in
// the order in which they come, so an array of 5 integers costs 1 allocation instead of 8, and memory follows the bytes
// that really came. The objects that the reader asks for are therefore one constant that is never looked at.

/// Puts the values that hiredis' reader reports together to whole replies.
final class ReplyBuilder {
    private struct OpenArray {
        var values: [RedisValue]
        let count: Int
    }

    private var openArrays: [OpenArray] = []
    private var reply: RedisValue?
    private(set) var isTooDeep = false
    static let mostNested = 7

    /// The reply that is complete, once.
    func take() -> RedisValue? {
        defer { reply = nil }
        return reply
    }

    func add(_ value: RedisValue) {
        var value = value
        while let last = openArrays.indices.last {
            openArrays[last].values.append(value)
            guard openArrays[last].values.count == openArrays[last].count else { return }
            value = .array(openArrays.removeLast().values)
        }
        reply = value
    }

    /// False when arrays are nested deeper than allowed; the reader gives up then.
    func open(count: Int) -> Bool {
        guard openArrays.count < Self.mostNested else {
            isTooDeep = true
            return false
        }
        guard count > 0 else {
            add(.array([]))
            return true
        }
        var values: [RedisValue] = []
        values.reserveCapacity(min(count, 256))
        openArrays.append(OpenArray(values: values, count: count))
        return true
    }

    /// The callbacks for the reader; its private data must be an unretained `ReplyBuilder`.
    nonisolated(unsafe) static let callbacks: UnsafeMutablePointer<redisReplyObjectFunctions> = {
        let functions = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
        unsafe functions.initialize(
            to: redisReplyObjectFunctions(
                createString: { task, text, length in
                    guard let task = unsafe task else { return nil }
                    let bytes = unsafe UnsafeRawBufferPointer(start: text, count: length)
                    return unsafe builder(task) { builder in
                        switch unsafe task.pointee.type {
                        case REDIS_REPLY_STATUS: unsafe builder.add(.status(String(decoding: bytes, as: UTF8.self)))
                        case REDIS_REPLY_ERROR:
                            unsafe builder.add(.error(RedisErrorReply(line: String(decoding: bytes, as: UTF8.self))))
                        default: unsafe builder.add(.bytes(Array(bytes)))
                        }
                        return true
                    }
                },
                createArray: { task, count in
                    guard let task = unsafe task else { return nil }
                    return unsafe builder(task) { $0.open(count: Int(count)) }
                },
                createInteger: { task, value in
                    guard let task = unsafe task else { return nil }
                    return unsafe builder(task) {
                        $0.add(.integer(value))
                        return true
                    }
                },
                createNil: { task in
                    guard let task = unsafe task else { return nil }
                    return unsafe builder(task) {
                        $0.add(.null)
                        return true
                    }
                },
                freeObject: { _ in }))
        return unsafe functions
    }()

    /// Runs `body` on the builder behind `task`; returns what stands for an object with the reader, nil for its failure.
    @inline(__always)
    private static func builder(
        _ task: UnsafePointer<redisReadTask>, _ body: (ReplyBuilder) -> Bool
    ) -> UnsafeMutableRawPointer? {
        guard let context = unsafe task.pointee.privdata else { return nil }
        let isDone = unsafe Unmanaged<ReplyBuilder>.fromOpaque(context)._withUnsafeGuaranteedRef { body($0) }
        return unsafe isDone ? UnsafeMutableRawPointer(bitPattern: 1) : nil
    }
}
