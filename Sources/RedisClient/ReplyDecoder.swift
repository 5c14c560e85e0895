import CHiredis

/// Bytes that are no reply, or more of them than a reply may have. The stream cannot be followed any further.
public struct ProtocolError: Error, Equatable, CustomStringConvertible {
    public let description: String
}

/// Turns the bytes of a connection into replies, however they are cut; hiredis' reader inside.
///
/// Pure: no I/O. Arrays may be nested 7 deep. After an error every further call throws the same.
@safe public struct ReplyDecoder: ~Copyable {
    /// Memory that the reader keeps between replies, in bytes.
    private static let keptBytes = 256 * 1024

    private let reader: UnsafeMutablePointer<redisReader>
    private let builder: UnsafeMutablePointer<ReplyBuilder>
    private let mostReplyBytes: Int
    private var openBytes = 0  // fed since the end of the last whole reply
    private var failure: ProtocolError?

    /// - Parameter mostReplyBytes: the longest reply, as it is on the wire; bounds the memory of the decoder.
    public init(mostReplyBytes: Int) {
        guard let reader = unsafe redisReaderCreateWithFunctions(ReplyBuilder.callbacks) else {
            preconditionFailure("out of memory")
        }
        unsafe self.reader = unsafe reader
        unsafe builder = .allocate(capacity: 1)
        unsafe builder.initialize(to: ReplyBuilder())
        self.mostReplyBytes = mostReplyBytes
        unsafe reader.pointee.maxbuf = Self.keptBytes
        unsafe reader.pointee.privdata = UnsafeMutableRawPointer(builder)
    }

    deinit {
        unsafe redisReaderFree(reader)
        unsafe builder.deinitialize(count: 1).deallocate()
    }

    /// Takes the next bytes of the stream; copies them.
    public mutating func feed(_ bytes: Span<UInt8>) {
        openBytes += bytes.count
        unsafe bytes.withUnsafeBytes { bytes in
            _ = unsafe redisReaderFeed(
                reader, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
    }

    /// The next whole reply; nil until more bytes are fed.
    public mutating func next() throws(ProtocolError) -> RedisValue? {
        if let failure { throw failure }
        var object: UnsafeMutableRawPointer?
        guard unsafe redisReaderGetReply(reader, &object) == REDIS_OK else { throw fail(readerError()) }
        let reply = unsafe builder.pointee.take()
        let unreadBytes = unsafe reply == nil ? 0 : reader.pointee.len - reader.pointee.pos
        guard openBytes - unreadBytes <= mostReplyBytes else {
            throw fail("a reply longer than \(mostReplyBytes) bytes")
        }
        if reply != nil { openBytes = unreadBytes }
        return reply
    }

    private mutating func fail(_ cause: String) -> ProtocolError {
        let error = ProtocolError(description: cause)
        failure = error
        return error
    }

    private func readerError() -> String {
        if unsafe builder.pointee.isTooDeep { return "arrays nested deeper than \(ReplyBuilder.mostNested)" }
        return unsafe withUnsafeBytes(of: &reader.pointee.errstr) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
