/// One reply of the store, in the types of RESP2.
public enum RedisValue: Sendable, Equatable {
    case integer(Int64)
    case bytes([UInt8])
    case status(String)
    case null
    case array([RedisValue])
    // Boxed, so that the rare case does not double the size of every element of an array.
    indirect case error(RedisErrorReply)

    public var integer: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    public var bytes: [UInt8]? {
        if case .bytes(let value) = self { value } else { nil }
    }

    public var array: [RedisValue]? {
        if case .array(let value) = self { value } else { nil }
    }
}

/// An error reply of the store: a code word that programs read, and a message for people.
public struct RedisErrorReply: Sendable, Equatable, CustomStringConvertible {
    /// The first word where it is in capitals (`NOSCRIPT`, `LOADING`, `OOM`, `MISCONF`, `READONLY`, `WRONGTYPE`,
    /// `STALE`); else `ERR`.
    public let code: String
    public let message: String

    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    /// Splits the line of an error reply, without its leading `-`.
    public init(line: String) {
        let word = line.utf8.prefix { byte in byte != UInt8(ascii: " ") }
        let isCode =
            !word.isEmpty
            && word.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
        code = isCode ? String(Substring(word)) : "ERR"
        message = isCode ? String(Substring(line.utf8.dropFirst(word.count + 1))) : line
    }

    public var description: String { "\(code) \(message)" }
}
