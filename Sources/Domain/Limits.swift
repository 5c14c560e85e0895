public import Base

/// Every bound of the system that is not a setting. `LimitsTests` checks how they relate to each other.
public enum Limits {
    // Names and values that clients send.
    public static let itemNameLength = 64  // bytes, [A-Za-z0-9_-]
    public static let userLength = 128  // bytes, 0x21...0x7e
    public static let idempotencyKeyLength = 255  // bytes, 0x21...0x7e
    public static let quantity: ClosedRange<Int64> = 1...1000  // units a purchase
    public static let stock: ClosedRange<Int64> = 0...1_000_000_000  // units an item
    public static let queueLimit: ClosedRange<Int64> = 1...100_000_000  // purchases waiting
    public static let purchasesPerUser = 8  // keys remembered for one user of one item
    public static let unitsPerUser: ClosedRange<Int64> = 1...1_000_000  // of one item
    public static let pollsPerSecond: ClosedRange<Int64> = 1...1_000_000_000  // of all waiting tickets
    public static let weight: ClosedRange<Int64> = 1...1000
    public static let payTime: ClosedRange<Int64> = 0...7 * 86_400_000  // milliseconds: window, grace and spread
    public static let referenceLength: ClosedRange<Int> = 1...128  // bytes, 0x21...0x7e; of a payment or refund
    public static let noteLength: ClosedRange<Int> = 1...256  // bytes, of an order's reference or a refusal's reason
    public static let doubtsListed: ClosedRange<Int64> = 1...1_000  // purchases in doubt, in one answer
    public static let doubtSlices = 64  // reads of the store for one such answer

    // The buyer's page, and pages of other origins.
    public static let pageFiles = 64  // of a folder that replaces it
    public static let pageFileBytes = 128 * 1024  // of one of them; it goes out in one piece
    public static let pageFolderBytes = 2 * 1024 * 1024  // of all together; every loop has them in memory
    public static let origins = 32  // that may call from a browser
    public static let preflightAge = 7_200  // seconds for which a browser remembers that it may
    public static let formReload: ClosedRange<Int64> = 2...60  // seconds until a page without JavaScript loads again

    // Calls to the store. Lua's own limit is about 8,000 values a call; 256 keeps every call below a millisecond.
    public static let batch = 256  // purchases, winners or settlements a call
    public static let itemsReaped = 128  // items of which a worker's flight is read at once
    public static let holdsExpired = 32  // a call: admissions wait for it
    public static let itemsExpired = 64  // items of which holds are ended at once
    public static let itemsCompared = 64  // items of which a worker compares its flight at once
    public static let purchasesExamined = 1024  // by one `deduct`
    public static let sinkFailures = 3  // batches in a row after which a sink counts as failing
    public static let losses: Int64 = 5  // lost workers before a purchase is in doubt
    public static let suspected: Int64 = 2  // lost workers before a purchase is kept apart from others
    public static let revived: Int64 = 32  // purchases in doubt of one item that one worker retries at once
    public static let awaitingRetry = 1_000  // purchases of one worker that await their retry, beside its window
    public static let doubtsInHand = 256  // purchases in doubt that one worker retries, of all items
    public static let revivedProbes: Int64 = 2  // as `revived`, while the breaker probes

    // The feed of events.
    public static let eventsRead = 512  // by one call
    public static let eventsListed: ClosedRange<Int64> = 1...1_000  // by one request
    public static let pointersRead = 16  // of the feed of all items, whose events are read side by side
    public static let pointersSearched = 256  // by one call
    public static let feedPlacesRemembered = 256  // cursors of readers of the feed of all items
    public static let eventWaiters = 64  // requests that wait for an event
    public static let eventWait = TimeSpan.seconds(20)  // at most
    public static let eventsCheckedAgain = TimeSpan.seconds(1)  // while a request waits, should a message be lost
    public static let pointingPause = TimeSpan.milliseconds(50)  // between two looks at one item's ledger
    public static let itemsPointed = 64  // items whose ledgers are looked at at once
    public static let eventsRetention: ClosedRange<Int> = 0...87_600  // hours; 0: for ever
    public static let pointersTrimmed = 1_000  // by one call
    public static let trimPeriod = TimeSpan.seconds(600)  // from one pass over all items to the next
    public static let trimPause = TimeSpan.milliseconds(10)  // behind a call that removed something

    // Requests that stay open.
    public static let longPoll = TimeSpan.seconds(25)  // at most; many proxies cut what is silent for 30 s
    public static let ticketsAStream = 16
    public static let listenersATurn = 128  // shown in one turn of a loop; about a millisecond
    public static let streamHeartbeat = TimeSpan.seconds(15)  // nothing was sent for so long
    public static let positionPeriod = TimeSpan.seconds(1)  // between two events that show where a buyer stands
    public static let stillPeriod = TimeSpan.seconds(3)  // the same while nothing is known to move
    public static let streamStart = TimeSpan.milliseconds(800)  // a stream waits so long for the store to be found
    public static let itemEventPeriod = TimeSpan.milliseconds(250)  // between two events of an item
    public static let itemEventAge = TimeSpan.seconds(1)  // of an item that somebody listens to: then it is read again
    public static let audienceRenewed = TimeSpan.seconds(1)  // between two looks whether items must be read again

    // The series of items: their counters over time.
    public static let seriesSeconds = 3_600  // points of an item by the second
    public static let seriesMinutes = 10_080  // points of an item by the minute
    public static let seriesKept = TimeSpan.seconds(7 * 86_400 + 60)  // behind the last point
    public static let seriesRead = 512  // points in one read
    public static let itemsSampled = 2_000  // that get a point in one second; the others wait for the next
    public static let itemsSampledAtOnce = 64
    public static let samplePeriod = TimeSpan.seconds(1)
    public static let sampleSlack = TimeSpan.milliseconds(100)  // rounds are further apart than that

    // What watches the engine.
    public static let itemsWatched = 80  // items with metrics of their own
    public static let booksPage = 1_000  // purchases in one answer that is not streamed
    public static let itemsListed = 256  // names in one read of the list of items, about
    public static let watchPeriod = TimeSpan.seconds(2)
    public static let nodeLost = TimeSpan.seconds(6)  // silence; a node describes itself every 2 s
    public static let progressPeriod = TimeSpan.seconds(1)  // the scheduler checks whether items stand still
    public static let stallReported = TimeSpan.seconds(15)  // an item that stands still for so long is a problem

    // Failed logins of operators.
    public static let failedLogins = 5  // from one network in a period; more are answered late
    public static let failedLoginPeriod = TimeSpan.seconds(60)
    public static let lateRefusal = TimeSpan.milliseconds(500)
    public static let lateRefusals = 16  // at once; more are turned away
    public static let failedLoginNetworks = 1_024  // remembered

    // Durability checks.
    /// Sequences left out when an item is reopened: more than can be admitted in the 2 s that a store which syncs every
    /// second may lose. A purchase costs Redis 1.3 us at least, so these are 1.5 million at most.
    public static let skippedAtRestart: Int64 = 1 << 21
    public static let durabilityChecks = 64  // items that one loop checks at once

    // Numbers in the store's replies and messages. A larger one is damage, and the whole reply is refused, so that no
    // sum of a few thousand of them, and no product with a quantity, can overflow.
    public static let counter: ClosedRange<Int64> = 0...(1 << 40)
    public static let sequence: ClosedRange<Int64> = 1...Int64(UInt32.max)
    public static let reported: ClosedRange<Int64> = 0...(1 << 50)  // any number in a report or grant

    public static let wallTime: ClosedRange<Int64> = 1...(1 << 41)  // milliseconds since 1970, in a saved clock

    // What workers report of their orders.
    public static let timesReported = 64  // single times, or calls, in a report
    public static let groupName: ClosedRange<Int> = 1...64  // bytes, 0x21...0x7e
    public static let incarnationsRemembered = 4  // of one item's name, in a worker's account of one term
    public static let groups = 64  // downstream groups that a scheduler measures

    // What one loop keeps in memory.
    public static let pendingAdmissions = 16_384  // purchases waiting for their batch
    public static let waitingLookups = 16_384  // requests waiting for a read of the store
    public static let itemsAtOnce = 256  // calls under way, in a pass over all items
    public static let itemsNamed = 100  // items that the log names one by one, in such a pass
    public static let unknownItemsRemembered = 4_096
    public static let goneItemsRemembered = 4_096  // that went with the store's data
    public static let pendingPayments = 16_384  // payments waiting for their batch
    public static let deadlinesRemembered = 65_536  // of the holds of one item
    public static let resultBlock = 4_096  // sequences a block of remembered results
    public static let holdersSlice = 262_144  // bytes a read of the holders

    // Tokens of operators, and what was done with them.
    public static let operatorTokens = 256
    public static let auditRecords = 10_000  // the newest that the store keeps
    public static let auditPage = 100

    // Webhooks to the shop.
    public static let webhooks = 16
    public static let webhookURLLength = 1_024  // bytes
    public static let webhookItems = 100  // items named by one webhook
    public static let webhookCalls = 32  // to one receiver at once; retries take half of them at most
    public static let webhookWindow = 1_024  // events of one webhook read and not yet behind its saved cursor
    public static let webhookPending = 10_000  // events noted for later of one webhook; then its cursor waits
    public static let webhookDead = 10_000  // dead letters kept of one webhook, the newest
    public static let webhookChanges = 128  // of pending events and dead letters, in one call of the store
    public static let webhookPage = 256  // events in one read, and deliveries in one answer
    public static let webhookBody = 20_000  // bytes; Standard Webhooks want less than 20 kB
    public static let webhookRun = 16  // failures in a row that mean that the receiver is down
    public static let webhookShortRun = 3  // as many, where they take `webhookRunTime`
    public static let webhookRunLanes = 3  // tickets that fail so, at least: fewer may fail for themselves

    // Time.
    public static let storeDeadline = TimeSpan.milliseconds(800)  // a purchase is answered within 1 s
    public static let storeProbe = TimeSpan.milliseconds(800)  // writes that are refused and lost data are noticed then
    public static let impairmentEnds = TimeSpan.seconds(2)  // without a refusal: the store takes writes again
    public static let refusalAge = TimeSpan.seconds(10)  // a single command refused longer ago is forgotten
    public static let staleAnswers = TimeSpan.seconds(3)  // from memory, once the store is known to be away
    public static let itemAge = TimeSpan.milliseconds(100)  // an item view that is older is read again
    public static let pollsMeasured = TimeSpan.milliseconds(250)  // period in which the demand of polls is measured
    public static let clockMargin = TimeSpan.milliseconds(250)  // near an opening the store decides
    public static let heartbeat = TimeSpan.milliseconds(500)
    public static let firstReports = TimeSpan.seconds(3)  // a new leader has a report of every worker by then
    public static let flightsCompared = TimeSpan.seconds(2)  // a worker compares what it holds with the store
    public static let leaderLease = TimeSpan.milliseconds(2_500)
    public static let leaderRenewal = TimeSpan.milliseconds(800)
    public static let leaderSelfFence = TimeSpan.milliseconds(1_650)  // no renewal for this long: stop granting
    public static let durabilityGrace = TimeSpan.milliseconds(1_250)  // longer than any reconnect back-off
    public static let durabilityRetry = TimeSpan.milliseconds(100)  // a check that the store did not take
    public static let sweep = TimeSpan.milliseconds(5_000)
    public static let watch = TimeSpan.milliseconds(250)  // the scheduler checks for lost workers
    public static let sinkRetry = TimeSpan.milliseconds(500)  // before an order without an answer is placed again
    public static let grantGrain = TimeSpan.milliseconds(1)  // the shortest wait for a paced grant
    public static let lotSpan = TimeSpan.milliseconds(4)  // calls that fall due within it are granted together
    public static let takeSpan = TimeSpan.milliseconds(4)  // at most, between two rounds of deductions for orders
    public static let settleSpan = TimeSpan.milliseconds(4)  // between two rounds of settlements, but for full ones
    public static let settleLot = 32  // settlements that are sent at once
    public static let grantPays = TimeSpan.milliseconds(250)  // after a grant came: it pays for a call of its purchase
    public static let hintPeriod = TimeSpan.milliseconds(500)  // the leader writes down what it measured
    public static let hintAge = TimeSpan.seconds(10)  // older hints are not believed
    public static let listingRenewal = TimeSpan.seconds(2)  // a worker puts itself on the list again
    public static let listingFence = TimeSpan.seconds(4)  // not confirmed for this long: it takes nothing
    public static let listingHold = TimeSpan.seconds(6)  // the store keeps to a sink that places no orders
    public static let ordersHold = TimeSpan.seconds(60)  // and with one that places orders
    public static let freshHolds = TimeSpan.milliseconds(200)  // until the leader checks their deadlines
    public static let expiryGrain = TimeSpan.milliseconds(2)  // at least, before the next holds of an item end
    public static let missedExpiry = TimeSpan.milliseconds(800)  // at most, before the next try to end holds
    /// The store's clock and the leader's: no hold ends. Less than the second at which the script ends none, whose call
    /// takes a moment to be carried out.
    public static let clocksApart = TimeSpan.milliseconds(750)
    public static let clocksSteady = TimeSpan.milliseconds(100)  // the most that their difference changes
    public static let clocksBelieved = TimeSpan.seconds(5)  // a difference that was steady for so long is for good
    public static let clocksDrift = TimeSpan.seconds(60)  // the same of one below `clocksApart`
    public static let clockSampled = TimeSpan.seconds(2)  // the leader's clock is not used longer without a comparison
    public static let keyMemory = TimeSpan.seconds(24 * 3_600)  // an operator's call with the same key is done once
    public static let retentionPass = TimeSpan.seconds(600)  // between two passes over items that may be deleted
    public static let deletionMemory = TimeSpan.seconds(30 * 86_400)  // tickets of a deleted item are known to be its
    public static let failedItemPause = TimeSpan.milliseconds(100)  // before the next call after a failed one
    public static let webhookTimeout = TimeSpan.seconds(15)  // of one call to a shop
    public static let webhookRetryAfter = TimeSpan.seconds(600)  // a longer `Retry-After` is cut to this
    public static let webhookRunTime = TimeSpan.seconds(10)
    public static let webhookProbe = TimeSpan.seconds(1)...TimeSpan.seconds(30)  // pause before one
    public static let webhookSlow = TimeSpan.seconds(1)  // the cursor does not wait longer for a call under way
    public static let webhookSaved = TimeSpan.milliseconds(250)  // at most so often is the state of one saved
    public static let webhookPoll = TimeSpan.milliseconds(500)  // the feed is read again without a notification
    public static let webhooksLooked = TimeSpan.seconds(3)  // a leader looks whether there is a webhook
    public static let webhookWatch = TimeSpan.seconds(1)  // the sender reads the settings and its term
    public static let webhookFence = TimeSpan.milliseconds(2_500)  // without a confirmed term nothing is sent
    public static let webhookStands = TimeSpan.seconds(60)  // a webhook that stands still for so long is a problem
    public static let webhookFormerSecret = TimeSpan.seconds(24 * 3_600)  // it signs beside the new one
}
