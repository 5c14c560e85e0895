/// What distinguishes one state of a search from another: 128 bits of the words that were mixed in, in their order.
public struct StateDigest: Hashable, Comparable, Sendable {
    private var low: UInt64 = 0x9e37_79b9_7f4a_7c15
    private var high: UInt64 = 0xcbf2_9ce4_8422_2325

    public init() {}

    public mutating func mix(_ word: Int64) {
        let word = UInt64(bitPattern: word)
        low = (low ^ word) &* 0xff51_afd7_ed55_8ccd
        low ^= low >> 32
        high = (high &+ word &+ 1) &* 0xc4ce_b9fe_1a85_ec53
        high ^= high >> 29
    }

    public mutating func mix(_ other: StateDigest) {
        mix(Int64(bitPattern: other.low))
        mix(Int64(bitPattern: other.high))
    }

    public static func < (one: StateDigest, other: StateDigest) -> Bool {
        (one.low, one.high) < (other.low, other.high)
    }
}
