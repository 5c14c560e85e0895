import LoadKit
import Testing

private func times(_ shape: ArrivalShape, perSecond: Double, seconds: Double, seed: UInt64 = 1) -> [Int64] {
    var process = ArrivalProcess(shape, perSecond: perSecond, seconds: seconds, seed: seed)
    var times: [Int64] = []
    while let time = process.next() { times.append(time.count) }
    return times
}

@Test func `constant arrivals come one every so often, and the last one before the end`() {
    let seen = times(.constant, perSecond: 4, seconds: 1)
    #expect(seen == [0, 250_000_000, 500_000_000, 750_000_000])
}

@Test func `Poisson arrivals keep their rate, and their gaps have the spread of independent buyers`() {
    let seen = times(.poisson, perSecond: 10_000, seconds: 10)
    #expect((98_500...101_500).contains(seen.count), "\(seen.count)")
    #expect(seen == seen.sorted())
    #expect(seen.allSatisfy { $0 >= 0 && $0 < 10_000_000_000 })
    // Of exponential gaps e^-1 = 36.8 % are longer than the mean; of even ones none or half would be.
    let long = zip(seen, seen.dropFirst()).count { $1 - $0 > 100_000 }
    #expect((35_500...38_000).contains(long * 100_000 / seen.count), "\(long)")
}

@Test func `a spike lets its crowd in at the opening, two thirds of it within one decay`() {
    let shape = ArrivalShape.spike(buyers: 20_000, decay: .milliseconds(500))
    let seen = times(shape, perSecond: 100, seconds: 10)
    #expect(seen == seen.sorted())
    #expect((20_500...21_500).contains(seen.count), "\(seen.count)")
    let early = seen.count { $0 < 500_000_000 }
    #expect((12_300...13_000).contains(early), "\(early)")
    let late = seen.count { $0 > 5_000_000_000 }
    #expect((400...600).contains(late), "only the steady stream is left: \(late)")
}

@Test func `a spike alone comes to an end`() {
    let seen = times(.spike(buyers: 50, decay: .milliseconds(10)), perSecond: 0, seconds: 1_000)
    #expect((20...90).contains(seen.count))
}

@Test(arguments: [ArrivalShape.constant, .poisson, .spike(buyers: 100, decay: .milliseconds(50))])
func `the same seed gives the same arrivals`(shape: ArrivalShape) {
    let first = times(shape, perSecond: 1_000, seconds: 1, seed: 9)
    #expect(first == times(shape, perSecond: 1_000, seconds: 1, seed: 9))
    if shape != .constant { #expect(first != times(shape, perSecond: 1_000, seconds: 1, seed: 10)) }
}

@Test func `a crowd wants what the mix says, and its hot item`() {
    var scenario = Scenario()
    scenario.items.count = 10
    scenario.items.hotPercent = 70
    scenario.mix = .init()
    (scenario.mix.purchases, scenario.mix.polls, scenario.mix.views) = (1, 10, 5)
    scenario.users.repeatPercent = 50
    var (purchases, polls, hot, replays, rest) = (0, 0, 0, 0, Set<Int>())
    var crowd = Crowd(scenario, seed: 4)
    for _ in 0..<160_000 {
        switch crowd.next() {
        case .purchase(let item, let isReplay, let leaves):
            purchases += 1
            hot += item == 0 ? 1 : 0
            replays += isReplay ? 1 : 0
            if item > 0 { rest.insert(item) }
            #expect(!leaves)
        case .poll: polls += 1
        case .view(let item): #expect((0..<10).contains(item))
        }
    }
    #expect((9_600...10_400).contains(purchases), "\(purchases)")
    #expect((98_000...102_000).contains(polls), "\(polls)")
    #expect((67...73).contains(hot * 100 / purchases))
    #expect((47...53).contains(replays * 100 / purchases))
    #expect(rest == Set(1...9))
}
