/// One line that says how far a run is.
public struct ProgressLine: Sendable {
    private static let barWidth: Int64 = 24  // characters
    private let buyers: Int64

    public init(buyers: Int) { self.buyers = Int64(buyers) }

    /// - Parameter rate: answers per second since the last line.
    public func text(pressed: Int64, _ counts: Referee.Counts, rate: Int64, breaches: Int64) -> String {
        let filled = buyers == 0 ? Self.barWidth : counts.told * Self.barWidth / buyers
        var line = "[" + String(repeating: "#", count: Int(filled))
        line += String(repeating: ".", count: Int(Self.barWidth - filled)) + "]"
        line += " pressed \(Text.grouped(pressed))  accepted \(Text.grouped(counts.accepted))"
        line += "  waiting \(Text.grouped(counts.waiting))  sold \(Text.grouped(counts.sold))"
        line += "  told \(Text.grouped(counts.told))  \(Text.grouped(rate))/s"
        if breaches > 0 { line += "  BREACHES \(Text.grouped(breaches))" }
        return line
    }
}
