/// A small seeded generator (xorshift64*), so that the same seed gives the same crowd. Not for secrets.
///
/// Source: Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2016.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) {
        // The generator stands still at zero, and small seeds start slowly: spread the bits first.
        state = (seed ^ 0x9E37_79B9_7F4A_7C15) &* 0xD6E8_FEB8_6659_FD93
        if state == 0 { state = 1 }
    }

    public mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }

    /// A value in `0..<bound`; `bound` must be positive.
    public mutating func below(_ bound: Int64) -> Int64 { Int64.random(in: 0..<bound, using: &self) }
}
