import Foundation

/// One answer of an HTTP server.
package struct HTTPReply: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    /// The first field of that name, whatever its case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.caseInsensitiveCompare(name) == .orderedSame }?.value
    }

    package var text: String { String(decoding: body, as: UTF8.self) }

    /// The JSON body as `Body`; throws what the decoder says, with the text it could not read.
    package func json<Body: Decodable>(_ type: Body.Type = Body.self) throws -> Body {
        do {
            return try Self.decoder.decode(type, from: Data(body))
        } catch {
            throw Unreadable(status: status, text: text, cause: "\(error)")
        }
    }

    package var problem: ProblemBody? { try? json() }
    /// The stable code of a problem body, where this is one.
    package var code: String? { problem?.code }

    package struct Unreadable: Error, CustomStringConvertible {
        let status: Int
        let text: String
        let cause: String
        package var description: String { "answer \(status) is not what was expected: \(text.prefix(500)) (\(cause))" }
    }

    private static let decoder: JSONDecoder = {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }()
}

extension HTTPReply: CustomStringConvertible {
    package var description: String { "\(status) \(text.prefix(300))" }
}
