public import Domain

// The messages to a worker on its own channel. A worker ignores a line that it does not know.

extension Grant {
    private static let unlimited = UInt8(ascii: "-")

    /// One line each: `term item allowance [limit|- [incarnation]]`.
    public static func encode(_ grants: [Grant]) -> String {
        grants.map { grant in
            var line = "\(grant.term) \(grant.item) \(grant.allowance)"
            if let limit = grant.limit { line += " \(limit)" } else if grant.incarnation != nil { line += " -" }
            if let incarnation = grant.incarnation { line += " \(ItemIncarnation.text(incarnation))" }
            return line
        }.joined(separator: "\n")
    }

    /// Nil for anything but complete lines.
    public static func decode(_ payload: [UInt8]) -> [Grant]? {
        var grants: [Grant] = []
        var reader = MessageReader(payload)
        while reader.nextRow() {
            guard let term = reader.number(), let item = reader.word().flatMap(ItemName.init),
                let allowance = reader.number()
            else { return nil }
            var grant = Grant(term: term, item: item, allowance: allowance)
            let isUnlimited = reader.skipWord(unlimited)
            if !isUnlimited, reader.hasWord() {
                grant.limit = reader.number()
                if grant.limit == nil { return nil }
            }
            if isUnlimited || reader.hasWord() {
                grant.incarnation = reader.incarnation()
                if grant.incarnation == nil { return nil }
            }
            grants.append(grant)
        }
        guard reader.isDone() else { return nil }
        return grants
    }
}

extension RetryGrant {
    /// One line, a message of its own: `!repeats term allowance`.
    public func encode() -> String { "\(RowName.retries) \(term) \(allowance)" }

    /// Nil for anything but this one line.
    public static func decode(_ payload: [UInt8]) -> RetryGrant? {
        var reader = MessageReader(payload)
        guard reader.nextRow(), reader.word() == RowName.retries, let term = reader.number(),
            let allowance = reader.number(), reader.isDone()
        else { return nil }
        return RetryGrant(term: term, allowance: allowance)
    }
}

/// The first word of a row about no item: no item has such a name.
enum RowName {
    static let mark = UInt8(ascii: "!")
    static let orders = "!orders"
    static let sink = "!sink"
    static let retries = "!repeats"
}
