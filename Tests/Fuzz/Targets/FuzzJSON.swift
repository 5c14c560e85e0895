import Base

/// The reader takes what the reference takes and reads out of it the same values; what the writer writes reads back.
func fuzzJSON(_ bytes: [UInt8]) {
    let tree = ReferenceJSON.read(bytes)
    do throws(JSONError) {
        try JSONReader.read(bytes.span) { (json) throws(JSONError) in try json.skip() }
        require(tree != nil, "took what the reference does not")
    } catch {
        require(tree == nil, "refused what the reference takes: \(error.description)")
    }
    if let tree { readValues(of: tree, in: bytes) }
    readBack(bytes)
}

private func readValues(of tree: JSONTree, in bytes: [UInt8]) {
    do throws(JSONError) {
        try JSONReader.read(bytes.span) { (json) throws(JSONError) in try walk(tree, &json) }
    } catch {
        fatalError("could not read what it takes: \(error.description)")
    }
}

/// Asks for just what stands there, and compares.
private func walk(_ tree: JSONTree, _ json: inout JSONReader) throws(JSONError) {
    switch tree {
    case .null:
        let isNull = try json.null()
        require(isNull, "null is not seen")
    case .bool(let value):
        let read = try json.bool()
        require(read == value, "another truth")
    case .string(let value):
        let text = try json.string()
        // By bytes: == of String is by canonical equivalence.
        require(Array(json.copy(text).utf8) == Array(value.utf8), "another string")
    case .number(let text):
        guard let value = Int64(text) else { return try json.skip() }
        let read = try json.integer()
        require(read == value, "another number")
    case .array(let elements):
        try json.beginArray()
        for element in elements {
            let isThere = try json.nextElement()
            require(isThere, "fewer elements")
            try walk(element, &json)
        }
        let isMore = try json.nextElement()
        require(!isMore, "more elements")
    case .object(let members):
        try json.beginObject()
        for member in members {
            guard let key = try json.nextKey() else { fatalError("fewer members") }
            require(Array(json.copy(key).utf8) == Array(member.key.utf8), "another key")
            require(json.matches(key, "user") == (Array(member.key.utf8) == Array("user".utf8)), "another name")
            try walk(member.value, &json)
        }
        let isMore = try json.nextKey() != nil
        require(!isMore, "more members")
    }
}

/// Any bytes, written as a string, are a document; UTF-8 comes back as it was.
private func readBack(_ bytes: [UInt8]) {
    let text = String(validating: bytes, as: UTF8.self)
    for escaping in [JSONWriter.Escaping.required, .hostile] {
        var buffer = ByteBuffer()
        buffer.appendJSON(escaping: escaping) { $0.string(bytes.span) }
        guard case .string(let read) = ReferenceJSON.read(buffer.bytes) else { fatalError("wrote what is no string") }
        if let text { require(Array(read.utf8) == Array(text.utf8), "wrote another string") }
        let limit = bytes.count / 2
        buffer.clear()
        buffer.appendJSON(escaping: escaping) { $0.string(bytes.span, limit: limit) }
        require(buffer.count <= limit + 2, "a string above its limit")
        require(ReferenceJSON.read(buffer.bytes) != nil, "cut a string in the middle of something")
    }
}
