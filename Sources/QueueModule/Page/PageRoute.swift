import Base

/// The target of a request of the buyer's page. Ranges are positions in the path.
enum PageRoute: Equatable {
    case start
    /// `/buy?item=NAME`, as the form of the first page asks.
    case chosen
    case item(Range<Int>)
    /// The page of a ticket for browsers without JavaScript.
    case ticket(Range<Int>, item: Range<Int>)
    case file(Range<Int>)

    /// Nil for another path.
    init?(_ path: Span<UInt8>) {
        if path.equals("/") {
            self = .start
        } else if path.equals("/buy") {
            self = .chosen
        } else if path.starts(with: "/page/"), path.firstIndex(of: UInt8(ascii: "/"), from: 6) == nil {
            self = .file(6..<path.count)
        } else if path.starts(with: "/buy/") {
            guard let slash = path.firstIndex(of: UInt8(ascii: "/"), from: 5) else {
                self = .item(5..<path.count)
                return
            }
            let middle: StaticString = "/ticket/"
            let start = slash + middle.utf8CodeUnitCount
            guard start <= path.count, path.holds(middle, at: slash),
                path.firstIndex(of: UInt8(ascii: "/"), from: start) == nil
            else { return nil }
            self = .ticket(start..<path.count, item: 5..<slash)
        } else {
            return nil
        }
    }
}
