import Foundation

/// Results as programs read them.
enum ResultFile {
    static func json(_ value: some Encodable) throws(Trouble) -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do { return try encoder.encode(value) } catch { throw Trouble("the result cannot be encoded: \(error)") }
    }

    static func write(_ data: Data, to path: String) throws(Trouble) {
        do {
            try data.write(to: URL(filePath: path))
        } catch { throw Trouble("\(path) cannot be written: \(error.localizedDescription)") }
    }
}
