/// A JSON object of which every field is known: one that isn't is refused with the nearest name that is.
///
/// For operators' bodies: a misspelt field that is passed over opens a sale months early.
public struct StrictObject<Value>: Sendable {
    public struct Field: Sendable {
        let name: StaticString
        let read: @Sendable (inout JSONReader, inout Value) throws(JSONError) -> Void

        public init(
            _ name: StaticString, _ read: @escaping @Sendable (inout JSONReader, inout Value) throws(JSONError) -> Void
        ) {
            self.name = name
            self.read = read
        }
    }

    private let fields: [Field]

    /// - Parameter fields: at most 64.
    public init(_ fields: [Field]) { self.fields = fields }

    /// Reads `body` into `value`; what it doesn't name stays.
    public func read(_ body: Span<UInt8>, into value: inout Value) throws(JSONError) {
        var changed = value
        try JSONReader.read(body) { (json) throws(JSONError) in
            var seen = JSONSeenFields()
            try json.beginObject()
            while let key = try json.nextKey() {
                guard let field = try field(key, of: &json, &seen) else {
                    let name = json.copy(key)
                    throw json.failure(.unknown(name, nearest: nearest(to: name)))
                }
                try field.read(&json, &changed)
            }
        }
        value = changed
    }

    private func field(
        _ key: JSONText, of json: inout JSONReader, _ seen: inout JSONSeenFields
    ) throws(JSONError) -> Field? {
        for (index, field) in fields.enumerated() {
            if try json.matches(key, field.name, once: index, in: &seen) { return field }
        }
        return nil
    }

    private func nearest(to name: String) -> String? {
        fields.map { "\($0.name)" }.min { Spelling.distance($0, name) < Spelling.distance($1, name) }
    }
}

enum Spelling {
    /// Letters to insert, drop or replace until one name is the other (Levenshtein); of long names the beginning.
    static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left.utf8.prefix(64)), Array(right.utf8.prefix(64)))
        var row = Array(0...right.count)
        for (index, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let replaced = diagonal + (letter == right[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[right.count]
    }
}
