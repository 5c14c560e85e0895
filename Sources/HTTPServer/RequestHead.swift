/// Where a piece of the request lies, counted from the request's first byte. 16 bits do: a head is below 64 KiB.
public struct ByteRange: Sendable, Equatable {
    var start: UInt16 = 0
    var end: UInt16 = 0

    init() {}

    init(_ range: Range<Int>) {
        start = UInt16(range.lowerBound)
        end = UInt16(range.upperBound)
    }

    public var range: Range<Int> { Int(start)..<Int(end) }
}

/// How the bytes after the head are delimited.
public enum BodyFraming: Sendable, Equatable {
    case counted(Int)  // bytes, 0 where neither length was given
    case chunked
}

/// The head of one request, as places in its bytes: nothing is copied and nothing allocated.
public struct RequestHead: Sendable {
    public internal(set) var method = Method.get
    var isHTTP10 = false
    /// The client's wish; the server may close all the same.
    public internal(set) var keepsAlive = true
    var expectsContinue = false
    var framing = BodyFraming.counted(0)
    public internal(set) var path = ByteRange()
    public internal(set) var query = ByteRange()
    private var present: UInt32 = 0
    private var values = InlineArray<20, ByteRange>(repeating: ByteRange())

    init() {}

    /// Back to the state of `init`; the places of absent fields keep their old values, which are not read.
    mutating func clear() {
        (method, isHTTP10, keepsAlive, expectsContinue) = (.get, false, true, false)
        framing = .counted(0)
        (path, query) = (ByteRange(), ByteRange())
        present = 0
    }

    /// Where the value of a field lies, spaces around it left out; of repeated fields, the first.
    @inline(__always)
    public func value(_ name: KnownHeader) -> Range<Int>? {
        guard present & (1 << UInt32(name.rawValue)) != 0 else { return nil }
        return values[Int(name.rawValue)].range
    }

    @inline(__always)
    mutating func set(_ name: KnownHeader, to range: Range<Int>) {
        present |= 1 << UInt32(name.rawValue)
        values[Int(name.rawValue)] = ByteRange(range)
    }
}
