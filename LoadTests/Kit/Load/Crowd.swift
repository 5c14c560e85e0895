/// What each arrival wants, from a seed.
public struct Crowd: Sendable {
    public enum Wish: Sendable, Equatable {
        /// - isReplay: of a user who has sent one before. - leaves: leaves the queue once in it.
        case purchase(item: Int, isReplay: Bool, leaves: Bool)
        case poll
        case view(item: Int)
    }

    private let items: Scenario.Items
    private let mix: Scenario.Mix
    private let users: Scenario.Users
    private var generator: SeededGenerator

    public init(_ scenario: Scenario, seed: UInt64) {
        items = scenario.items
        mix = scenario.mix
        users = scenario.users
        // Another stream than the arrivals', which may begin with the same seed.
        generator = SeededGenerator(seed: seed ^ 0x5DEE_CE66_D1CE_4E5B)
    }

    public mutating func next() -> Wish {
        var part = below(mix.purchases + mix.polls + mix.views)
        if part < mix.purchases {
            let isReplay = chance(users.repeatPercent)
            return .purchase(item: item(), isReplay: isReplay, leaves: chance(users.leavePercent))
        }
        part -= mix.purchases
        return part < mix.polls ? .poll : .view(item: item())
    }

    /// A number in `0..<bound` from the same seed.
    public mutating func below(_ bound: Int) -> Int { bound <= 1 ? 0 : Int(generator.below(Int64(bound))) }

    private mutating func chance(_ percent: Int) -> Bool { percent > 0 && below(100) < percent }

    private mutating func item() -> Int {
        guard items.count > 1 else { return 0 }
        if items.hotPercent == 0 { return below(items.count) }
        return chance(items.hotPercent) ? 0 : 1 + below(items.count - 1)
    }
}
