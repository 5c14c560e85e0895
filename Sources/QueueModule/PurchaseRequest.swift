public import Base
import Domain
import HTTPServer

/// A purchase as a client asked for it; the user's bytes are put into a buffer of the caller.
public struct PurchaseRequest: Equatable {
    public var quantity: Int64 = 1

    /// Reads the body, leaving the user in `user`. Unknown fields are passed over; known ones must be right.
    public static func parse(_ body: Span<UInt8>, user: inout ByteBuffer) throws(JSONError) -> PurchaseRequest {
        user.clear()
        return try JSONReader.read(body) { (json) throws(JSONError) in
            var request = PurchaseRequest()
            var seen = JSONSeenFields()
            try json.beginObject()
            while let key = try json.nextKey() {
                if try json.matches(key, "user", once: 0, in: &seen) {
                    json.append(try json.string(), to: &user)
                    guard user.withSpan(isValidUser) else {
                        throw json.failure(.mustBe("1 to 128 printable ASCII characters without spaces"))
                    }
                } else if try json.matches(key, "quantity", once: 1, in: &seen) {
                    request.quantity = try json.integer(in: Limits.quantity)
                } else {
                    try json.skip()
                }
            }
            guard !user.isEmpty else { throw JSONError(.missing, field: "user") }
            return request
        }
    }

    private static func isValidUser(_ bytes: Span<UInt8>) -> Bool {
        guard !bytes.isEmpty, bytes.count <= Limits.userLength else { return false }
        for index in bytes.indices where bytes[index] < 0x21 || bytes[index] > 0x7E { return false }
        return true
    }

    /// Whether the media type is JSON: `application/json`, with or without parameters.
    public static func isJSON(_ contentType: Span<UInt8>) -> Bool {
        let length = 16
        guard contentType.startsFolded(with: "application/json") else { return false }
        if contentType.count == length { return true }
        let next = contentType[length]
        return next == UInt8(ascii: ";") || next == UInt8(ascii: " ") || next == UInt8(ascii: "\t")
    }

    public static func isValidKey(_ key: Span<UInt8>) -> Bool {
        guard key.count >= 1, key.count <= Limits.idempotencyKeyLength else { return false }
        for index in key.indices where key[index] < 0x21 || key[index] > 0x7E { return false }
        return true
    }
}
