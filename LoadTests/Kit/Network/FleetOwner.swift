/// Writes the requests of a fleet and receives their answers. All calls come on the fleet's thread.
public protocol FleetOwner: AnyObject {
    /// Appends the bytes of the request marked `tag`, which is about to leave. A changed tag is the one given back.
    func compose(_ tag: inout UInt64, into bytes: inout [UInt8])
    /// - Parameters:
    ///   - due: when the request was due, however long it then waited for a connection.
    ///   - left: when it had one.
    ///   - bytes: the whole answer, whose body follows `head.length` bytes.
    func answered(_ tag: UInt64, due: Nanoseconds, left: Nanoseconds, _ head: AnswerHead, _ bytes: Span<UInt8>)
    func lost(_ tag: UInt64, due: Nanoseconds, _ loss: Loss)
}
