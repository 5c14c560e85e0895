import Foundation

/// One answer of an HTTP server.
public struct HTTPReply: Sendable {
    public var status: Int
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    /// The first field of that name, whatever its case.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.caseInsensitiveCompare(name) == .orderedSame }?.value
    }

    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The JSON body as `Body`; throws the error of the decoder, with the text it could not read.
    public func json<Body: Decodable>(_ type: Body.Type = Body.self) throws -> Body {
        do {
            return try Self.decoder.decode(type, from: Data(body))
        } catch {
            throw Unreadable(status: status, text: text, cause: "\(error)")
        }
    }

    public var problem: ProblemBody? { try? json() }
    /// The stable code of a problem body, where this is one.
    public var code: String? { problem?.code }

    public struct Unreadable: Error, CustomStringConvertible {
        let status: Int
        let text: String
        let cause: String
        public var description: String { "answer \(status) is not what was expected: \(text.prefix(500)) (\(cause))" }
    }

    private static let decoder: JSONDecoder = {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }()
}

extension HTTPReply: CustomStringConvertible {
    public var description: String { "\(status) \(text.prefix(300))" }
}
