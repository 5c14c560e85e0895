/// Lengths of pieces, 1 to as many as are left, drawn from a seed; the same seed gives the same cuts.
struct RandomCuts {
    private var state: UInt64

    init(seed: some Sequence<UInt8>) {
        state = seed.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }  // FNV-1a
    }

    mutating func next(most: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return 1 + Int((state >> 33) % UInt64(most))
    }
}
