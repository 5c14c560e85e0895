import Base
import Domain
import Testing

/// The bounds hold together.
@Suite struct LimitsTests {
    @Test func `a call fits what Lua can take, and looks at no less than it may win`() {
        #expect(10 + 3 * Limits.batch < 8_000 && Limits.pendingPayments >= Limits.batch)
        #expect(6 + 2 * Limits.batch < 8_000 && 11 + 4 * Limits.batch < 8_000)
        #expect(Limits.purchasesExamined >= Limits.batch)
        #expect(Limits.pendingAdmissions >= Limits.batch && Limits.waitingLookups >= Limits.batch)
    }

    @Test func `what a record keeps in few bytes fits them`() {
        #expect(Limits.quantity.upperBound <= Int64(UInt16.max))
        #expect(Limits.userLength <= Int(UInt8.max) && Limits.losses + 1 <= Int64(UInt8.max))
        #expect(Limits.queueLimit.upperBound <= Int64(UInt32.max))
        #expect(Limits.itemNameLength <= 64)
    }

    @Test func `who is suspected of ending workers makes the last attempt alone`() {
        #expect(Limits.suspected > 0 && Limits.suspected < Limits.losses)
        // Groups of 4 to the power of what is left: the first is no larger than a batch, the last is one.
        #expect(1 << (2 * (Limits.losses - 1)) <= Limits.batch)
    }

    @Test func `sums of what may be admitted stay exact in a script`() {
        let exact: Int64 = 1 << 53  // Lua's numbers are doubles
        #expect(Limits.stock.upperBound * 2 < exact && Limits.reported.upperBound < exact)
        #expect(Limits.queueLimit.upperBound * Limits.quantity.upperBound < exact)
        #expect(Limits.counter.upperBound < Limits.reported.upperBound)
    }

    @Test func `blocks of results lie within the store's segments, and slices of holders hold whole tags`() {
        #expect(65_536 % Limits.resultBlock == 0 && Limits.holdersSlice % 4 == 0)
    }

    @Test func `a leader stops granting before another one can begin`() {
        #expect(Limits.leaderRenewal + Limits.storeDeadline < Limits.leaderSelfFence)
        #expect(Limits.leaderSelfFence + Limits.storeDeadline < Limits.leaderLease)
    }

    @Test func `a purchase is answered within a second, and a poll without the store for at most five`() {
        #expect(Limits.storeDeadline < .seconds(1))
        #expect(Limits.staleAnswers + .seconds(2) <= .seconds(5))
    }

    @Test func `items are read more often than their clocks may part`() {
        #expect(Limits.itemAge < Limits.clockMargin)
    }

    @Test func `several beats and looks fall into the time after which a worker counts as lost`() {
        let shortestLease = TimeSpan.milliseconds(1_500)
        #expect(Limits.heartbeat * 2 + Limits.watch < shortestLease)
        #expect(Limits.watch < Limits.heartbeat && Limits.failedItemPause < Limits.watch)
        #expect(Limits.watch * 2 < Limits.heartbeat * 2, "a look that is late by one is no sleep")
    }

    @Test func `a worker takes nothing well before the store may be another sink's`() {
        #expect(Limits.heartbeat * 2 <= Limits.listingRenewal)
        #expect(Limits.listingRenewal + Limits.heartbeat + Limits.storeDeadline < Limits.listingFence)
        #expect(Limits.listingFence + Limits.storeDeadline < Limits.listingHold)
        #expect(Limits.listingHold < Limits.ordersHold)
        #expect(SinkKind.allCases.filter(\.placesOrders) == [.webhook, .postgres])
        #expect(SinkKind.allCases.allSatisfy { $0.hold > Limits.listingFence })
    }

    @Test func `a sweep is no more than a net behind the messages`() {
        #expect(Limits.sweep > Limits.heartbeat * 4 && Limits.sweep <= .seconds(5))
        #expect(Limits.durabilityGrace < Limits.leaderLease)
    }

    @Test func `a series takes what was said of it, and a round of points ends within its second`() {
        #expect(Limits.seriesSeconds == 3_600 && Limits.seriesMinutes == 7 * 24 * 60)
        #expect(Limits.seriesKept >= .seconds(60) * Int64(Limits.seriesMinutes))
        #expect(Limits.seriesRead < Limits.seriesSeconds && Limits.itemsSampledAtOnce < Limits.itemsSampled)
        #expect(Limits.sampleSlack * 4 < Limits.samplePeriod, "a point is of the second that is half over at most")
        #expect(Limits.sequence.upperBound <= Int64(UInt32.max) && Limits.stock.upperBound <= Int64(UInt32.max))
    }

    @Test func `what a webhook may hold, and how its sender is fenced, fit together`() {
        #expect(Limits.webhookPage * 2 <= Limits.webhookWindow && Limits.webhookChanges <= Limits.batch)
        #expect(Limits.webhookRun <= Limits.webhookCalls && Limits.webhookShortRun < Limits.webhookRun)
        #expect(Limits.webhookWatch * 2 < Limits.webhookFence, "one lost read does not stop the deliveries")
        #expect(Limits.webhookProbe.upperBound <= .seconds(30), "caught up within a minute of the return")
        #expect(Limits.webhookTimeout == .seconds(15), "Standard Webhooks ask for 15 to 30 s")
    }
}
