import Base
import Domain
import HTTPServer
import Store

/// What an operator wants to see of an item's books: the query of `GET …/items/{item}/purchases` and its `Accept`.
struct BookRequest: Equatable {
    private(set) var query = BookQuery()
    private(set) var after: Int64 = 0
    /// Nil: all, where the answer is streamed, else `Limits.booksPage`.
    private(set) var limit: Int?
    private(set) var format = BookFormat.json

    struct Invalid: Error, Equatable { let reason: String }

    /// - Parameter accept: the value of the field; nil: absent.
    init(query text: String, accept: String?) throws(Invalid) {
        format = BookFormat(accept: accept)
        for part in text.split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, let value = percentDecoded(pair[1]) else {
                throw Invalid(reason: "\(part) is not name=value")
            }
            try take(String(pair[0]), value)
        }
        if format == .json { limit = limit ?? Limits.booksPage }
    }

    private mutating func take(_ name: String, _ value: String) throws(Invalid) {
        switch name {
        case "state":
            for word in value.split(separator: ",", omittingEmptySubsequences: false) {
                guard let state = BookEntry.State(rawValue: String(word)) else {
                    let known = BookEntry.State.allCases.map(\.rawValue).joined(separator: ", ")
                    throw Invalid(reason: "state is one of \(known), or several with commas")
                }
                query.states.insert(state)
            }
        case "user":
            guard isUser(value) else {
                throw Invalid(reason: "user is 1 to \(Limits.userLength) printable ASCII characters without spaces")
            }
            query.user = value
        case "after":
            guard let number = Int64(value), number == 0 || Limits.sequence.contains(number) else {
                throw Invalid(reason: "after is the sequence of the last purchase before, as next of the page before")
            }
            after = number
        case "limit":
            let most = format == .json ? Limits.booksPage : Int(Limits.sequence.upperBound)
            guard let number = Int(value), (1...most).contains(number) else {
                throw Invalid(reason: "limit is 1 to \(most)")
            }
            limit = number
        case "tickets":
            guard value == "true" || value == "false" else { throw Invalid(reason: "tickets is true or false") }
            query.withTickets = value == "true"
        default: throw Invalid(reason: "\(name) is unknown; known are state, user, after, limit and tickets")
        }
    }
}

func isUser(_ text: String) -> Bool {
    (1...Limits.userLength).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
}

/// The text with every `%` escape replaced; nil for a broken one, or for what is no UTF-8.
func percentDecoded(_ text: Substring) -> String? {
    var (bytes, rest) = ([UInt8](), Array(text.utf8)[...])
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        guard let first = rest.popFirst(), let second = rest.popFirst(), let high = UInt8(hexDigit: first),
            let low = UInt8(hexDigit: second)
        else { return nil }
        bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
}
