import Base

/// Why the server itself refuses a request, before any handler sees it. Each one ends the connection.
public enum Refusal: UInt8, Sendable, CaseIterable {
    case strayByte, malformedRequestLine, malformedTarget, malformedField, repeatedField
    case missingHost, malformedHost, malformedLength, malformedEncoding, conflictingLengths
    case malformedChunk
    case requestTimeout
    case bodyTooLarge, chunkFramingTooLarge
    case targetTooLong
    case expectationFailed
    case headTooLarge, tooManyFields
    case unknownMethod, unknownEncoding
    case unknownVersion

    public var status: Int {
        switch self {
        case .strayByte, .malformedRequestLine, .malformedTarget, .malformedField, .repeatedField, .missingHost,
            .malformedHost, .malformedLength, .malformedEncoding, .unknownEncoding, .conflictingLengths,
            .malformedChunk:
            400
        case .unknownMethod: 405
        case .requestTimeout: 408
        case .bodyTooLarge, .chunkFramingTooLarge: 413
        case .targetTooLong: 414
        case .expectationFailed: 417
        case .headTooLarge, .tooManyFields: 431
        case .unknownVersion: 505
        }
    }

    /// The stable code that programs read.
    public var code: StaticString {
        switch status {
        case 405: "method-not-allowed"
        case 408: "request-timeout"
        case 413: "body-too-large"
        case 414: "url-too-long"
        case 417: "expectation-failed"
        case 431: "head-too-large"
        case 505: "version-not-supported"
        default: "invalid-request"
        }
    }

    /// One sentence for people.
    public var detail: StaticString {
        switch self {
        case .strayByte: "The head holds a byte that HTTP forbids there; lines end with CR LF."
        case .malformedRequestLine: "The request line is not METHOD SP TARGET SP VERSION."
        case .malformedTarget: "The request target is not a path of characters that a URL may hold."
        case .malformedField: "A header field is not NAME: VALUE."
        case .repeatedField: "A header field that may appear once appears twice."
        case .missingHost: "Host is missing."
        case .malformedHost: "Host is not a host name or address with an optional port."
        case .malformedLength: "Content-Length is not one decimal number below 2^63."
        case .malformedEncoding: "Transfer-Encoding is not chunked, or not allowed here."
        case .conflictingLengths: "Content-Length and Transfer-Encoding exclude each other."
        case .malformedChunk: "The chunked body is malformed, or has chunk extensions."
        case .requestTimeout: "The request did not arrive in time."
        case .bodyTooLarge: "The body is larger than this listener takes."
        case .chunkFramingTooLarge: "The body is cut into too many chunks."
        case .targetTooLong: "The URL is longer than this server takes."
        case .expectationFailed: "The only expectation met here is 100-continue."
        case .headTooLarge: "The head is larger than this server takes."
        case .tooManyFields: "The head has more fields than this server takes."
        case .unknownMethod: "The method is not known here."
        case .unknownEncoding: "The only transfer coding known here is chunked."
        case .unknownVersion: "This server speaks HTTP/1.1 and HTTP/1.0."
        }
    }
}

extension Response {
    /// Fills the response with a refusal as RFC 9457 has it.
    mutating func writeProblem(_ refusal: Refusal) {
        status = refusal.status
        contentType("application/problem+json")
        field("Cache-Control: no-store")
        if status == 405 { field("Allow: GET, HEAD, POST, PUT, DELETE") }
        body.append("{\"type\":\"about:blank\",\"title\":\"")
        body.append(utf8: StatusLine.reason(status))
        body.append("\",\"status\":")
        body.append(decimal: status)
        body.append(",\"detail\":\"")
        body.append(refusal.detail)
        body.append("\",\"code\":\"")
        body.append(refusal.code)
        body.append("\"}")
    }
}
