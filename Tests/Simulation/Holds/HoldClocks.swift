import TestKit

/// The clocks of a scene, and the calls that carry old readings of them. Milliseconds.
struct HoldClocks {
    struct LateCall {
        let leader: Int64
        let ahead: Int64
    }

    /// True time.
    private(set) var time = HoldSetting.start
    private(set) var storeOffset: Int64 = 0
    private(set) var leaderOffset: Int64 = 0  // of the first leader
    /// By how much the leaders believe that the store's clock is ahead.
    private(set) var ahead: Int64 = 0
    private(set) var hasSecondLeader = false
    private(set) var lateCalls: [LateCall] = []

    var store: Int64 { time + storeOffset }
    func leader(_ leader: HoldLeader) -> Int64 { leader == .first ? time + leaderOffset : time }

    var isStoreRight: Bool { storeOffset == 0 && ahead == 0 }
    var isLeaderRight: Bool { leaderOffset == 0 }
    var mayBelieve: Bool { isLeaderRight && ahead != storeOffset }

    mutating func take(_ step: HoldStep) {
        switch step {
        case .timePasses: time += HoldSetting.tick
        case .storeClockJumps(let offset): storeOffset = offset
        case .leaderClockJumps(let offset): leaderOffset = offset
        case .sendsLate(let one): lateCalls.append(LateCall(leader: leader(one), ahead: ahead))
        case .anotherLeads: hasSecondLeader = true
        case .leaderBelieves: ahead = storeOffset
        default: preconditionFailure("it is no step of a clock")
        }
    }

    mutating func carryOut(_ index: Int) -> LateCall { lateCalls.remove(at: index) }

    mutating func repair() {
        ahead = storeOffset
        leaderOffset = 0
        lateCalls = []
    }

    func mix(into digest: inout StateDigest) {
        digest.mix(storeOffset)
        digest.mix(leaderOffset)
        digest.mix(ahead)
        digest.mix(hasSecondLeader ? 1 : 0)
        digest.mix(Int64(lateCalls.count))
        for call in lateCalls {
            digest.mix(max(call.leader - time, -HoldSetting.tick))
            digest.mix(call.ahead)
        }
    }
}
