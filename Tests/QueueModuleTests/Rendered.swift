import Base
import Foundation

@testable import HTTPServer

/// A response as it was put together, without a server.
struct Rendered {
    let status: Int
    let fields: [String]
    let body: [UInt8]

    init(_ build: (inout Response) -> Void) {
        var response = Response()
        build(&response)
        status = response.status
        fields = String(decoding: response.fields.bytes, as: UTF8.self).split(separator: "\r\n").map(String.init)
        body = response.body.bytes
    }

    func field(_ name: String) -> String? {
        fields.first { $0.hasPrefix(name + ": ") }.map { String($0.dropFirst(name.count + 2)) }
    }

    func json<Body: Decodable>(_ type: Body.Type = Body.self) throws -> Body { try decoded(body) }
}

/// JSON in the spelling of the contract.
func decoded<Body: Decodable>(_ bytes: [UInt8], as type: Body.Type = Body.self) throws -> Body {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(bytes))
}

func object(_ bytes: [UInt8]) throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] ?? [:]
}
