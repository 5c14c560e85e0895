/// When each buyer presses: within a short window, whatever the server does (open loop). The same for the same seed.
public struct Opening: Sendable {
    /// For each buyer, from the opening; ascending.
    public let presses: [Nanoseconds]
    /// For each buyer, when the second press comes, nil for who presses once.
    public let secondPresses: [Nanoseconds?]

    /// - Parameters:
    ///   - window: first presses fall in `0..<window`, second ones up to twice the window later.
    ///   - repeatPercent: 0...100, of the buyers, rounded down.
    public init(buyers: Int, window: Nanoseconds, repeatPercent: Int, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let span = max(1, window.count)
        let presses = (0..<buyers).map { _ in Nanoseconds(generator.below(span)) }.sorted()
        var secondPresses = [Nanoseconds?](repeating: nil, count: buyers)
        for buyer in Array(0..<buyers).shuffled(using: &generator).prefix(buyers * repeatPercent / 100) {
            secondPresses[buyer] = presses[buyer] + Nanoseconds(generator.below(2 * span))
        }
        self.presses = presses
        self.secondPresses = secondPresses
    }
}
