/// One line that says how far a load test is.
public struct LoadProgressLine: Sendable {
    private static let barWidth: Int64 = 20  // characters
    private let milliseconds: Int64

    /// - Parameter seconds: how long arrivals come.
    public init(seconds: Double) { milliseconds = max(1, Int64(seconds * 1_000)) }

    /// - Parameters:
    ///   - elapsed: since the start.
    ///   - arriving: arrivals per second since the last line. - answering: answers.
    public func text(
        elapsed: Nanoseconds, _ ledger: SaleLedger, arriving: Int64, answering: Int64, p99: Nanoseconds, errors: Int64
    ) -> String {
        let filled = min(Self.barWidth, max(0, elapsed.wholeMilliseconds * Self.barWidth / milliseconds))
        var line = "[" + String(repeating: "#", count: Int(filled))
        line += String(repeating: ".", count: Int(Self.barWidth - filled)) + "]"
        line += " \(Text.grouped(arriving))/s in  \(Text.grouped(answering))/s answered"
        line += "  accepted \(Text.grouped(ledger.accepted))  waiting \(Text.grouped(ledger.waiting))"
        line += "  sold \(Text.grouped(ledger.sold))  p99 \(Text.milliseconds(p99.wholeMicroseconds))"
        if errors > 0 { line += "  errors \(Text.grouped(errors))" }
        if ledger.breachCount > 0 { line += "  BREACHES \(Text.grouped(ledger.breachCount))" }
        return line
    }
}
