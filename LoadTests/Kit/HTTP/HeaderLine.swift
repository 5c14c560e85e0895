/// One header of an answer: a name and a value without the white space around it.
struct HeaderLine {
    private let name: ArraySlice<UInt8>
    private let value: ArraySlice<UInt8>

    init(_ line: ArraySlice<UInt8>) throws(MalformedResponse) {
        guard let colon = line.firstIndex(of: 0x3A), colon > line.startIndex else {
            throw MalformedResponse("a header without a name")
        }
        name = line[..<colon]
        guard name.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !Self.separators.contains($0) }) else {
            throw MalformedResponse("a header name with a byte it may not have")
        }
        var value = line[(colon + 1)...]
        while let first = value.first, first == 0x20 || first == 0x09 { value.removeFirst() }
        while let last = value.last, last == 0x20 || last == 0x09 { value.removeLast() }
        self.value = value
    }

    /// Notes the header in `response` or `bodyCount` when it is one that a buyer acts on.
    func apply(to response: inout Response, bodyCount: inout Int?) throws(MalformedResponse) {
        switch name.count {
        case 8 where isNamed(Self.locationName): response.location = text
        case 11 where isNamed(Self.retryAfterName):
            guard let seconds = Self.decimal(value) else { throw MalformedResponse("Retry-After is no number") }
            response.retryAfterSeconds = Int64(seconds)
        case 12 where isNamed(Self.contentTypeName): response.contentType = text
        case 14 where isNamed(Self.contentLengthName):
            guard bodyCount == nil else { throw MalformedResponse("two lengths") }
            guard let count = Self.decimal(value) else { throw MalformedResponse("a length that is no number") }
            guard count <= Response.bodyLimit else { throw MalformedResponse("body over the limit") }
            bodyCount = count
        case 17 where isNamed(Self.transferEncodingName): throw MalformedResponse("a transfer coding")
        case 20 where isNamed(Self.replayedName): response.isReplay = text == "true"
        default: break
        }
    }

    /// At most nine digits and nothing else.
    static func decimal(_ digits: ArraySlice<UInt8>) -> Int? {
        guard (1...9).contains(digits.count) else { return nil }
        var value = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + Int(digit - 0x30)
        }
        return value
    }

    private var text: String { String(decoding: value, as: UTF8.self) }

    private func isNamed(_ lowercase: [UInt8]) -> Bool {
        // Setting bit 5 lowers letters and leaves the hyphen as it is.
        name.elementsEqual(lowercase) { $0 | 0x20 == $1 }
    }

    private static let separators = Array("()<>@,;:\\\"/[]?={}".utf8)
    private static let locationName = Array("location".utf8)
    private static let retryAfterName = Array("retry-after".utf8)
    private static let contentTypeName = Array("content-type".utf8)
    private static let contentLengthName = Array("content-length".utf8)
    private static let transferEncodingName = Array("transfer-encoding".utf8)
    private static let replayedName = Array("idempotency-replayed".utf8)
}
