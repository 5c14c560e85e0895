public import Base

/// A purchase that a worker has taken, as the store keeps it until it is settled.
public struct FlightRecord: Sendable, Equatable {
    public var sequence: Int64
    public var attempt: Int64
    public var quantity: Int64
    public var admittedAt: WallInstant
    public var keyDigest: UInt64
    public var user: String

    public init(
        sequence: Int64, attempt: Int64, quantity: Int64, admittedAt: WallInstant, keyDigest: UInt64, user: String
    ) {
        self.sequence = sequence
        self.attempt = attempt
        self.quantity = quantity
        self.admittedAt = admittedAt
        self.keyDigest = keyDigest
        self.user = user
    }

    /// - Parameter record: laid out as in `FlightLayout`.
    init?(sequence: [UInt8], record: [UInt8]) {
        guard let number = Int64(String(decoding: sequence, as: UTF8.self)), record.count >= FlightLayout.userStart
        else { return nil }
        func value(_ range: Range<Int>) -> UInt64 { record[range].reduce(0) { $0 << 8 | UInt64($1) } }
        self.sequence = number
        attempt = Int64(record[0])
        quantity = Int64(value(FlightLayout.quantity))
        admittedAt = WallInstant(milliseconds: Int64(value(FlightLayout.time)))
        keyDigest = value(FlightLayout.digest)
        user = String(decoding: SevenBitText.unpack(record[FlightLayout.userStart...]), as: UTF8.self)
    }

    static func all(in values: ArraySlice<[UInt8]>) -> [FlightRecord]? {
        guard values.count % 2 == 0 else { return nil }
        return stride(from: values.startIndex, to: values.endIndex, by: 2).compactMap {
            FlightRecord(sequence: values[$0], record: values[$0 + 1])
        }
    }
}
