public import Base

/// What one webhook sink has counted.
public struct WebhookFigures: Sendable {
    public var confirmed: UInt64 = 0
    public var refused: UInt64 = 0
    public var busy: UInt64 = 0
    public var unknown: UInt64 = 0
    public var repeated: UInt64 = 0  // calls for a purchase that had one before
    public var duration = Histogram()  // microseconds of a call

    mutating func count(_ answer: WebhookAnswer, _ took: TimeSpan) -> SinkCall.Result {
        duration.record(took.wholeMicroseconds)
        switch answer {
        case .confirmed:
            confirmed += 1
            return .answered
        case .refused:
            refused += 1
            return .answered
        case .busy:
            busy += 1
            return .busy
        case .unknown:
            unknown += 1
            return .unknown
        }
    }
}
