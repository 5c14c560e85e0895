public import Base
public import Domain
public import Store

// DESIGN
// One store for all processes of a simulation: what the scripts do, in memory and at once. Delay, loss and doubling are
// the links' affair (`ModelLink`, `ModelMessages`). The rules of an item are those of `ModelItem`, which Store's tests
// hold against the scripts; here are the keys around the items, and what a restart of Redis changes.

/// What the processes of a simulation share.
public final class ModelStore {
    fileprivate struct Listed {
        var item: NotifyingItem
        var boot: String
        var life: String
        /// How far each life got that is over.
        var kept: [String: AcknowledgedState] = [:]
    }

    fileprivate struct Contents {
        var items: [Listed] = []
        var indexOf: [ItemName: Int] = [:]
        /// What is remembered of items that the store lost as a whole.
        var gone: [ItemName: (incarnation: String, counters: ItemCounters)] = [:]
        var control = ModelControl()
        var lifeName: String?

        subscript(name: ItemName) -> NotifyingItem? { indexOf[name].map { items[$0].item } }
    }

    /// All that a restart of Redis may take back to an earlier moment.
    public struct Image {
        fileprivate let contents: Contents

        public subscript(name: ItemName) -> NotifyingItem? { contents[name] }
    }

    private let world: VirtualWorld
    public private(set) var runID = "run-1"
    private var runs = 1
    private var lives = 0
    private var incarnations: UInt64 = 0
    private var contents = Contents()
    private var listeners: [ModelMessages] = []
    private var links: [ModelLink] = []
    /// Of every message and its moment: two runs of one seed have the same (FNV-1a).
    public private(set) var digest: UInt64 = 0xcbf2_9ce4_8422_2325
    /// Gets what happens in a run, one line each.
    public var trace: ((String) -> Void)?
    /// Calls of scripts on items, and reads of them.
    public private(set) var itemCalls = 0
    /// By how much the clock of Redis was moved.
    public private(set) var clockJump = TimeSpan.zero
    /// Something changed of an item.
    public var onChange: ((ItemName) -> Void)?
    /// How often each item was frozen by a durability check.
    public private(set) var freezes: [ItemName: Int] = [:]

    public init(_ world: VirtualWorld) { self.world = world }

    // MARK: Processes

    func join(_ link: ModelLink) { links.append(link) }
    func join(_ messages: ModelMessages) { listeners.append(messages) }

    /// Ends what processes hold of the store, and it of them.
    public func close() {
        links = []
        listeners = []
    }

    public func publish(_ payload: [UInt8], on channel: ModelMessages.Channel) {
        for byte in payload { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01b3 }
        digest ^= UInt64(bitPattern: world.now.nanoseconds)
        trace?("\(channel): \(String(decoding: payload, as: UTF8.self))")
        for listener in listeners where listener.channels.contains(channel) { listener.published(payload, on: channel) }
    }

    // MARK: Redis itself

    /// What it has now.
    public var image: Image { Image(contents: contents) }

    /// Redis is killed and comes back, with what it has, or with what it had.
    public func restart(with image: Image? = nil) {
        if let image { contents = image.contents }
        runs += 1
        runID = "run-\(runs)"
        trace?("restart as \(runID)\(image == nil ? "" : ", with less")")
        for link in links { link.cut() }
        for listener in listeners { listener.cut() }
    }

    /// All keys are gone, and the process of Redis lives on.
    public func empty() {
        trace?("emptied")
        contents = Contents()
    }

    /// The name of its data; nil: it has none.
    public var lifeName: String? { contents.lifeName }

    func beginLife() -> String {
        let name = contents.lifeName ?? newLife()
        contents.lifeName = name
        return name
    }

    private func newLife() -> String {
        lives += 1
        return "life-\(lives)"
    }

    // MARK: Items

    /// Makes an item, unless one of this name was lost and is not to be made `asNew`.
    @discardableResult
    public func put(
        _ name: ItemName, stock: Int64, creation: Store.Creation = .ofTheFirst,
        _ change: (inout ModelItem.Settings) -> Void = { _ in }
    ) -> Store.PutOutcome {
        precondition(contents.indexOf[name] == nil)
        if creation != .asNew, let lost = contents.gone[name]?.counters { return .lostBefore(lost.sold + lost.held) }
        contents.gone[name] = nil
        incarnations += 1
        var item = NotifyingItem(name, incarnation: incarnations << 32 | UInt64(runs), stock: stock)
        item.alter { _ = $0.put(stock: nil, change) }
        contents.indexOf[name] = contents.items.count
        contents.items.append(Listed(item: item, boot: runID, life: newLife()))
        announce(contents.items.count - 1)
        return .created
    }

    /// An operator deletes an item, all but its name on the list of all.
    public func remove(_ name: ItemName) { contents.indexOf[name] = nil }

    public var names: [ItemName] { contents.items.map(\.item.name) }
    public subscript(_ name: ItemName) -> NotifyingItem? { contents[name] }
    public func counters(_ index: Int) -> ItemCounters { contents.items[index].item.counters }
    /// How many purchases were taken, each counted once.
    public func winners(_ index: Int) -> Int { contents.items[index].item.item.winners.count }

    /// A purchase of a queue process: the mark that purchases wait, then the batch, over one connection.
    @discardableResult
    public func admit(_ buys: [(user: String, key: UInt64, quantity: Int64)], to name: ItemName) -> [Admission.Outcome]
    {
        guard let index = contents.indexOf[name], contents.items[index].boot == runID else { return [] }
        trace?("\(buys.count) purchases of \(name)")
        contents.control.markReady(name)
        defer { announce(index) }
        return contents.items[index].item.admit(buys)
    }

    /// A worker that is gone took so many, and never got an answer for them.
    public func leaveInDoubt(_ count: Int64, of name: ItemName) {
        guard let index = contents.indexOf[name] else { return }
        let taken = contents.items[index].item.deduct(count, worker: "gone", hasSink: true, isAlone: false).taken
        let doubts = taken.sorted { $0.key < $1.key }.map {
            Settlement(sequence: $0.key, attempt: $0.value, outcome: .inDoubt)
        }
        _ = contents.items[index].item.settle(doubts, worker: "gone")
        contents.control.markDoubts(name)
        announce(index)
    }

    /// What an operator does.
    ///
    /// - Returns: false where it is refused, since the item is not reopened after a restart.
    public func alter(_ name: ItemName, _ change: (inout ModelItem) -> Void) -> Bool {
        guard let index = contents.indexOf[name] else { return true }
        guard contents.items[index].boot == runID else { return false }
        contents.items[index].item.alter(change)
        announce(index)
        return true
    }

    /// What a buyer or a shop calls for; nil where it is refused, since the item is not reopened after a restart.
    public func act<Value>(on name: ItemName, _ body: (inout NotifyingItem) -> Value) -> Value? {
        guard let index = contents.indexOf[name], contents.items[index].boot == runID else { return nil }
        contents.items[index].item.tick(clock)
        defer { announce(index) }
        return body(&contents.items[index].item)
    }

    /// Of an earlier life of Redis, until it is reopened.
    public func closeOff(_ name: ItemName) {
        if let index = contents.indexOf[name] { contents.items[index].boot = "before" }
    }

    private func announce(_ index: Int) {
        for payload in contents.items[index].item.takeNotifications() { publish(payload, on: .changes) }
        onChange?(contents.items[index].item.name)
    }

    /// One script on one item, with what every script refuses.
    func onItem<Value>(
        _ reference: ItemReference, _ body: (inout NotifyingItem, _ life: String) -> Value
    ) -> Result<Value, StoreFailure> {
        itemCalls += 1
        trace?("call on \(reference.keys.name) \(reference.incarnation)")
        guard let index = contents.indexOf[reference.keys.name] else { return .failure(.unknownItem) }
        guard contents.items[index].boot == runID else { return .failure(.stale) }
        let wanted = UInt64(reference.incarnation, radix: 16)
        guard wanted == nil || wanted == contents.items[index].item.incarnation else {
            return .failure(.otherIncarnation)
        }
        let life = contents.items[index].life
        defer { announce(index) }
        contents.items[index].item.tick(clock)
        return .success(body(&contents.items[index].item, life))
    }

    func snapshot(_ name: ItemName) -> Result<ItemSnapshot, StoreFailure> {
        itemCalls += 1
        trace?("read of \(name)")
        guard let index = contents.indexOf[name] else { return .failure(.unknownItem) }
        let listed = contents.items[index]
        return .success(
            ItemSnapshot(
                counters: listed.item.counters, settings: listed.item.settings, boot: listed.boot,
                incarnation: listed.item.incarnation, salt: [UInt8](repeating: 7, count: 16),
                storeTime: clock, life: listed.life))
    }

    /// Time passes as in the world; `clockJump` moves it.
    var clock: WallInstant {
        WallInstant(milliseconds: 1_000_000_000 + world.now.nanoseconds / 1_000_000) + clockJump
    }
    /// Ahead, that ends the lease of the leader.
    public func moveClock(by span: TimeSpan) {
        clockJump = clockJump + span
        if span > Limits.leaderLease { onControl { control, _ in control.endLease() } }
    }

    /// - Returns: whether it was closed off until now.
    func reopen(_ name: ItemName, in runID: String, skipping count: Int64) -> Result<Bool, StoreFailure> {
        guard let index = contents.indexOf[name] else { return .failure(.unknownItem) }
        guard contents.items[index].boot != runID else { return .success(false) }
        trace?("reopening of \(name)")
        let (counters, life) = (contents.items[index].item.counters, contents.items[index].life)
        contents.items[index].kept[life] =
            contents.items[index].kept[life]
            ?? AcknowledgedState(life: life, version: counters.version, tail: counters.tail)
        contents.items[index].boot = runID
        contents.items[index].life = newLife()
        // More than a sale has purchases is as good as two million.
        contents.items[index].item.reopen(skipping: min(count, 512))
        announce(index)
        return .success(true)
    }

    /// As check_durability.lua.
    func check(_ reference: ItemReference, _ seen: AcknowledgedState, gone counters: ItemCounters?) -> Store.Finding {
        let name = reference.keys.name
        guard let index = contents.indexOf[name] else {
            if let counters { remember(name, reference.incarnation, counters) }
            return .gone
        }
        let listed = contents.items[index]
        guard UInt64(reference.incarnation, radix: 16) == listed.item.incarnation else { return .replaced }
        let kept =
            listed.kept[seen.life]
            ?? AcknowledgedState(
                life: seen.life, version: listed.item.counters.version, tail: listed.item.counters.tail)
        let isKnown = listed.kept[seen.life] != nil || listed.life == seen.life
        if isKnown && seen.version <= kept.version { return .nothingLost }
        trace?("\(name) is frozen: version \(seen.version) of \(seen.life) was seen, \(kept.version) is kept")
        freezes[name, default: 0] += 1
        contents.items[index].item.freeze(version: seen.version, tail: seen.tail)
        contents.items[index].kept[seen.life] = AcknowledgedState(
            life: seen.life, version: seen.version, tail: max(seen.tail, kept.tail))
        announce(index)
        return .rolledBack(versions: max(0, seen.version - kept.version), sequences: max(0, seen.tail - kept.tail))
    }

    private func remember(_ name: ItemName, _ incarnation: String, _ counters: ItemCounters) {
        let known = contents.gone[name]
        guard known?.incarnation != incarnation || known!.counters.version < counters.version else { return }
        trace?("\(name) is remembered: \(counters.sold) sold, \(counters.held) held")
        contents.gone[name] = (incarnation, counters)
    }

    // MARK: Keys that belong to no item

    /// What the leader measured is forgotten.
    public func forgetHints() { onControl { $0.save([], now: $1) } }

    func onControl<Value>(_ body: (inout ModelControl, _ now: MonotonicInstant) -> Value) -> Value {
        body(&contents.control, world.now)
    }

    func lead(_ node: String, lease: TimeSpan, above highest: Int64) -> Store.Leadership {
        let answer = onControl { $0.lead(node, lease: lease, above: highest, now: $1) }
        trace?("lead of \(node) for \(lease.wholeMilliseconds) ms: \(answer)")
        return answer
    }

    /// The node that leads; nil: none does.
    public var leader: String? { onControl { $0.leader(now: $1) } }
}
