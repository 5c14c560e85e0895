public import Base
import Domain
import HTTPServer

/// A purchase as a client sent it, beside the name of its user.
public struct PurchaseRequest: Equatable {
    public var quantity: Int64 = 1

    /// Reads the body and passes on the request and the user. Unknown fields are ignored; known ones must be right.
    public static func parse(
        _ body: Span<UInt8>, _ use: (PurchaseRequest, _ user: Span<UInt8>) -> Void
    ) throws(JSONError) {
        if let (request, user) = readUsual(body) { return use(request, body.extracting(user)) }
        var user = ByteBuffer()
        let request = try read(body, user: &user)
        user.withSpan { use(request, $0) }
    }

    private static func read(_ body: Span<UInt8>, user: inout ByteBuffer) throws(JSONError) -> PurchaseRequest {
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

    /// Reads the form that programs write, `{"user":"…","quantity":1}` or without a quantity, with no spaces and no
    /// escapes: the request, and where the user stands. Nil for all other forms, whether right or wrong.
    ///
    /// It saves a purchase 700 of the 1,000 instructions that the reader of any JSON takes for it.
    private static func readUsual(_ body: Span<UInt8>) -> (PurchaseRequest, user: Range<Int>)? {
        let (opening, middle): (StaticString, StaticString) = ("{\"user\":\"", ",\"quantity\":")
        let start = opening.utf8CodeUnitCount
        guard body.count > start, body.holds(opening, at: 0) else { return nil }
        let end = SixteenBytes.first(in: body, start..<body.count) { $0.specialInJSON(outside: 0x21...0x7E) }
        guard (1...Limits.userLength).contains(end - start), end < body.count, body[end] == UInt8(ascii: "\"") else {
            return nil
        }
        var request = PurchaseRequest()
        var place = end + 1
        if place + middle.utf8CodeUnitCount < body.count, body.holds(middle, at: place) {
            place += middle.utf8CodeUnitCount
            guard let quantity = readQuantity(body, at: &place) else { return nil }
            request.quantity = quantity
        }
        guard place == body.count - 1, body[place] == UInt8(ascii: "}") else { return nil }
        return (request, start..<end)
    }

    /// Digits without a zero in front, which must make up a quantity.
    private static func readQuantity(_ body: Span<UInt8>, at place: inout Int) -> Int64? {
        let start = place
        var quantity: Int64 = 0
        while place < body.count, place - start < 6 {
            let digit = body[place] &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            quantity = 10 * quantity + Int64(digit)
            place += 1
        }
        let isPlain = place > start && body[start] != UInt8(ascii: "0")
        return isPlain && Limits.quantity.contains(quantity) ? quantity : nil
    }

    static func isValidUser(_ bytes: Span<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.count <= Limits.userLength && bytes.isGraphic
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
        !key.isEmpty && key.count <= Limits.idempotencyKeyLength && key.isGraphic
    }
}
