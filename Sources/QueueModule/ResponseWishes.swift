import Base
import HTTPServer

/// What a request wishes of its response, beside what its endpoint responds.
struct ResponseWishes {
    /// Its trace context, which is handed back.
    private let trace: [UInt8]?
    /// The origin of the page that made it, a declared one.
    let origin: [UInt8]?
    private var rewrite: ((inout Response) -> Void)?

    init(trace: [UInt8]?, origin: [UInt8]?) { (self.trace, self.origin) = (trace, origin) }

    mutating func rewrite(with rewrite: @escaping (inout Response) -> Void) { self.rewrite = rewrite }

    /// Changes a response that is filled already.
    func fulfil(in response: inout Response) {
        rewrite?(&response)
        if let trace { response.field("traceparent: ", trace) }
        if let origin { CrossOrigin.allow(origin, in: &response) }
    }

    @inline(__always)
    static func trace(of request: borrowing Request) -> [UInt8]? {
        let trace = request.withHeader(.traceparent) { value -> [UInt8]? in
            // version-traceid-parentid-flags: 2, 32, 16 and 2 hexadecimal digits.
            guard value.count == 55 else { return nil }
            for index in value.indices {
                let isDash = value[index] == UInt8(ascii: "-")
                let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(value[index])
                let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(value[index])
                guard [2, 35, 52].contains(index) ? isDash : isDigit || isLetter else { return nil }
            }
            return value.indices.map { value[$0] }
        }
        return trace ?? nil
    }
}
