// DESIGN
// Stricter than a browser on purpose: a server that is sloppy here must not pass. Every answer needs a length
// (the contract has no chunked ones on the calls used), lines end in CR LF, no header is folded, and a length is given
// once. Bytes are kept until a whole answer is there; the head is searched from where the last search ended.

/// Turns the bytes of one connection into answers.
public struct ResponseParser: Sendable {
    public static let headLimit = 16 * 1_024  // bytes
    public static let bodyLimit = 1_024 * 1_024  // bytes

    private var bytes: [UInt8] = []
    private var searched = 0  // no end of head begins before this
    private var head: (response: Response, length: Int, bodyCount: Int)?

    public init() {}

    /// Whether part of an answer, or more than the answers asked for, is there.
    public var holdsBytes: Bool { !bytes.isEmpty }

    public mutating func receive(_ more: ArraySlice<UInt8>) { bytes.append(contentsOf: more) }

    /// The next whole answer, nil while bytes are missing.
    public mutating func next() throws(MalformedResponse) -> Response? {
        if head == nil {
            guard let length = findHead() else {
                guard bytes.count <= Self.headLimit else { throw MalformedResponse("head over the limit") }
                return nil
            }
            guard length <= Self.headLimit else { throw MalformedResponse("head over the limit") }
            head = try Self.parse(bytes[..<length])
        }
        guard let (response, length, bodyCount) = head, bytes.count >= length + bodyCount else { return nil }
        var whole = response
        whole.body = Array(bytes[length..<length + bodyCount])
        bytes.removeFirst(length + bodyCount)
        searched = 0
        head = nil
        return whole
    }

    /// The length of the head with its empty line, nil while its end has not come.
    private mutating func findHead() -> Int? {
        var index = searched
        while index + 3 < bytes.count {
            if bytes[index] == 0x0D, bytes[index + 1] == 0x0A, bytes[index + 2] == 0x0D, bytes[index + 3] == 0x0A {
                return index + 4
            }
            index += 1
        }
        searched = index
        return nil
    }

    private static func parse(
        _ head: ArraySlice<UInt8>
    ) throws(MalformedResponse) -> (response: Response, length: Int, bodyCount: Int) {
        var rest = head.dropLast(2)
        var response = Response(status: try status(of: try takeLine(&rest)))
        var bodyCount: Int?
        while !rest.isEmpty {
            try HeaderLine(try takeLine(&rest)).apply(to: &response, bodyCount: &bodyCount)
        }
        if response.status == 204 || response.status == 304 {
            guard bodyCount == nil || response.status == 304 else { throw MalformedResponse("204 with a length") }
            bodyCount = 0
        }
        guard let bodyCount else { throw MalformedResponse("no Content-Length") }
        return (response, head.count, bodyCount)
    }

    private static func status(of line: ArraySlice<UInt8>) throws(MalformedResponse) -> Int {
        let prefix = Array("HTTP/1.1 ".utf8)
        guard line.starts(with: prefix), line.count >= prefix.count + 3 else { throw MalformedResponse("status line") }
        let rest = line.dropFirst(prefix.count)
        guard let status = HeaderLine.decimal(rest.prefix(3)), (200...599).contains(status),
            rest.count == 3 || rest.dropFirst(3).first == 0x20
        else { throw MalformedResponse("status line") }
        return status
    }

    private static func takeLine(_ rest: inout ArraySlice<UInt8>) throws(MalformedResponse) -> ArraySlice<UInt8> {
        guard let end = rest.firstIndex(of: 0x0D), end + 1 < rest.endIndex, rest[end + 1] == 0x0A else {
            throw MalformedResponse("a line does not end in CR LF")
        }
        let line = rest[..<end]
        guard line.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            throw MalformedResponse("a control byte in the head")
        }
        rest = rest[(end + 2)...]
        return line
    }
}
