import Base
import QueueModule

/// The parser of purchases takes what the reference reader and the contract take, and hands on nothing out of bounds.
func fuzzPurchase(_ bytes: [UInt8]) {
    let expected = ReferenceJSON.read(bytes).flatMap(purchase)
    do throws(JSONError) {
        try PurchaseRequest.parse(bytes.span) { request, span in
            let user = span.indices.map { span[$0] }
            require((1...1000).contains(request.quantity), "a quantity out of range")
            require((1...128).contains(user.count), "a user of \(user.count) bytes")
            require(user.allSatisfy { (0x21...0x7E).contains($0) }, "a user with other bytes")
            guard let expected else { fatalError("took what the contract refuses") }
            require(user == Array(expected.user.utf8) && request.quantity == expected.quantity, "another purchase")
        }
    } catch {
        require(expected == nil, "refused what the contract takes: \(error.description)")
        require(!error.description.isEmpty, "a refusal without a reason")
    }
    fuzzFields(bytes)
}

/// The contract, read off the tree: unknown members are passed over, known ones are there at most once and right.
private func purchase(_ tree: JSONTree) -> (user: String, quantity: Int64)? {
    guard case .object(let members) = tree else { return nil }
    func values(_ name: String) -> [JSONTree] { members.filter { Array($0.key.utf8) == Array(name.utf8) }.map(\.value) }
    let quantities = values("quantity")
    guard values("user").count == 1, quantities.count <= 1 else { return nil }
    guard case .string(let user) = values("user")[0] else { return nil }
    guard (1...128).contains(user.utf8.count), user.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
    guard let given = quantities.first else { return (user, 1) }
    guard case .number(let text) = given, let quantity = Int64(text), (1...1000).contains(quantity) else { return nil }
    return (user, quantity)
}

/// The two header fields that go with a purchase.
private func fuzzFields(_ bytes: [UInt8]) {
    let isKey = (1...255).contains(bytes.count) && bytes.allSatisfy { (0x21...0x7E).contains($0) }
    require(PurchaseRequest.isValidKey(bytes.span) == isKey, "another opinion of a key")
    // The HTTP parser lets no control byte but the tab into a field.
    guard bytes.allSatisfy({ $0 >= 0x20 || $0 == 0x09 }) else { return }
    let type = bytes.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 && $0 != 0x09 }
    let isJSON = String(decoding: type, as: UTF8.self).lowercased() == "application/json"
    require(PurchaseRequest.isJSON(bytes.span) == isJSON, "another opinion of a media type")
}
