import Base
import Domain
import HTTPServer

/// The origins whose pages may call this listener from a browser.
struct CrossOrigin {
    private let origins: [[UInt8]]

    /// Nil where no origin is declared: requests then cost nothing more.
    init?(_ origins: [String]) {
        guard !origins.isEmpty else { return nil }
        self.origins = origins.map { Array($0.utf8) }
    }

    /// The origin of a request, where it is a declared one.
    @inline(__always)
    func declared(_ request: borrowing Request) -> [UInt8]? {
        let found = request.withHeader(.origin) { value in
            origins.first { $0.count == value.count && value.contains($0.span) }
        }
        return found ?? nil
    }

    /// Lets the page of a declared origin read a response.
    static func allow(_ origin: [UInt8], in response: inout Response) {
        response.field("Vary: Origin")
        response.field("Access-Control-Allow-Origin: ", origin)
        response.field(
            """
            Access-Control-Expose-Headers: ETag, Idempotency-Replayed, Location, Preference-Applied, RateLimit, \
            RateLimit-Policy, Retry-After, traceparent
            """)
    }

    /// Answers the question of a browser whether a page of a declared origin may make a request.
    static func permit(in response: inout Response) {
        response.status = 204
        response.field("Access-Control-Allow-Methods: GET, HEAD, POST, DELETE")
        response.field(
            """
            Access-Control-Allow-Headers: Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Prefer, \
            traceparent
            """)
        response.field("Access-Control-Max-Age: ", Limits.preflightAge)
    }
}
