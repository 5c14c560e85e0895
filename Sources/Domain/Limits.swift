package import Base

/// Every bound of the system that is not a setting. `LimitsTests` checks how they relate to each other.
package enum Limits {
    // Names and values that clients send.
    package static let itemNameLength = 64  // bytes, [A-Za-z0-9_-]
    package static let userLength = 128  // bytes, 0x21...0x7e
    package static let idempotencyKeyLength = 255  // bytes, 0x21...0x7e
    package static let quantity: ClosedRange<Int64> = 1...1000  // units a purchase
    package static let stock: ClosedRange<Int64> = 0...1_000_000_000  // units an item
    package static let queueLimit: ClosedRange<Int64> = 1...100_000_000  // purchases waiting
    package static let purchasesPerUser = 8  // keys remembered for one user of one item
    package static let weight: ClosedRange<Int64> = 1...1000

    // Calls to the store. Lua's own limit is about 8,000 values a call; 256 keeps every call below a millisecond.
    package static let batch = 256  // purchases, winners or settlements a call
    package static let lookedAt = 1024  // purchases one `deduct` may look at
    package static let attempts: Int64 = 5  // lost workers before a purchase is in doubt

    // Numbers in the store's replies and messages. What is above is damage and refused whole, so that no sum of a few
    // thousand of them, and no product with a quantity, can overflow.
    package static let counter: ClosedRange<Int64> = 0...(1 << 40)
    package static let sequence: ClosedRange<Int64> = 1...Int64(UInt32.max)
    package static let reported: ClosedRange<Int64> = 0...(1 << 50)  // any number in a report or grant

    // What one loop keeps in memory.
    package static let pendingAdmissions = 16_384  // purchases waiting for their batch
    package static let waitingLookups = 16_384  // requests waiting for a read of the store
    package static let unknownItemsRemembered = 4_096
    package static let resultBlock = 4_096  // sequences a block of remembered results
    package static let holdersSlice = 262_144  // bytes a read of the holders

    // Time.
    package static let storeDeadline = TimeSpan.milliseconds(800)  // a purchase is answered within 1 s
    package static let staleAnswers = TimeSpan.seconds(3)  // from memory, once the store is known to be away
    package static let itemAge = TimeSpan.milliseconds(100)  // an item view older than this is read afresh
    package static let clockMargin = TimeSpan.milliseconds(250)  // near an opening the store decides
    package static let heartbeat = TimeSpan.milliseconds(500)
    package static let leaderLease = TimeSpan.milliseconds(2_500)
    package static let leaderRenewal = TimeSpan.milliseconds(800)
    package static let leaderSelfFence = TimeSpan.milliseconds(1_650)  // no renewal for this long: stop granting
    package static let witnessGrace = TimeSpan.milliseconds(1_250)  // longer than any reconnect back-off
    package static let sweep = TimeSpan.milliseconds(5_000)
    package static let watch = TimeSpan.milliseconds(250)  // the scheduler looks for lost workers
    package static let failedItemRests = TimeSpan.milliseconds(100)  // a store that fails is not asked in a loop
}
