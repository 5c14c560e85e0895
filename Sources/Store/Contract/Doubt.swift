/// A purchase of which nobody knows whether it became an order; its units stay held.
public struct Doubt: Sendable, Equatable {
    public var record: FlightRecord
    /// The order service never answered; else its workers were lost again and again.
    public var isUnanswered: Bool
    /// Workers that were lost while they held it.
    public var losses: Int64

    public init(record: FlightRecord, isUnanswered: Bool, losses: Int64) {
        self.record = record
        self.isUnanswered = isUnanswered
        self.losses = losses
    }
}
