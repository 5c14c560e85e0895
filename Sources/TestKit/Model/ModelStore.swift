import Base
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

    /// All that a restart of Redis may take back to an earlier moment.
    public struct Image {
        fileprivate var items: [Listed]
        fileprivate var control: ModelControl
        fileprivate var lifeName: String?
    }

    private let world: VirtualWorld
    public private(set) var runID = "run-1"
    private var runs = 1
    private var lives = 0
    private var lifeName: String?
    private var items: [Listed] = []
    private var indexOf: [ItemName: Int] = [:]
    private var control = ModelControl()
    private var listeners: [ModelMessages] = []
    private var links: [ModelLink] = []
    /// Of every message and its moment: two runs of one seed have the same (FNV-1a).
    public private(set) var digest: UInt64 = 0xcbf2_9ce4_8422_2325
    /// Hears what happens, for whoever looks into a run: one line each.
    public var trace: ((String) -> Void)?
    /// Calls of scripts on items, and reads of them.
    public private(set) var itemCalls = 0

    public init(_ world: VirtualWorld) { self.world = world }

    var now: MonotonicInstant { world.now }

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
        digest ^= UInt64(bitPattern: now.nanoseconds)
        trace?("\(channel): \(String(decoding: payload, as: UTF8.self))")
        for listener in listeners where listener.channels.contains(channel) { listener.published(payload, on: channel) }
    }

    // MARK: Redis itself

    /// What it has now.
    public var image: Image { Image(items: items, control: control, lifeName: lifeName) }

    /// Redis is killed and comes back, with what it has, or with what it had.
    public func restart(with image: Image? = nil) {
        if let image {
            items = image.items
            control = image.control
            lifeName = image.lifeName
        }
        runs += 1
        runID = "run-\(runs)"
        for link in links { link.cut() }
        for listener in listeners { listener.cut() }
    }

    /// All keys are gone, and the process of Redis lives on.
    public func empty() {
        items = []
        indexOf = [:]
        control = ModelControl()
        lifeName = nil
    }

    public func readLife() -> String? { lifeName }

    func beginLife() -> String {
        let name = lifeName ?? newLife()
        lifeName = name
        return name
    }

    private func newLife() -> String {
        lives += 1
        return "life-\(lives)"
    }

    // MARK: Items

    /// Makes an item.
    public func put(_ name: ItemName, stock: Int64, _ change: (inout ModelItem.Settings) -> Void = { _ in }) {
        var item = NotifyingItem(name, incarnation: UInt64(items.count + 1) << 32 | UInt64(runs), stock: stock)
        item.alter { change(&$0.settings) }
        indexOf[name] = items.count
        items.append(Listed(item: item, boot: runID, life: newLife()))
        tell(items.count - 1)
    }

    /// An operator deletes an item, all but its name on the list of all.
    public func remove(_ name: ItemName) { indexOf[name] = nil }

    public var names: [ItemName] { items.map(\.item.name) }
    public subscript(_ name: ItemName) -> NotifyingItem? { indexOf[name].map { items[$0].item } }
    public func counters(_ index: Int) -> ItemCounters { items[index].item.counters }
    /// How many purchases were taken, each counted once.
    public func winners(_ index: Int) -> Int { items[index].item.item.winners.count }

    /// A purchase of a queue process: the mark that somebody waits, then the batch, over one connection.
    @discardableResult
    public func admit(_ buys: [(user: String, key: UInt64, quantity: Int64)], to name: ItemName) -> [ModelItem.Answer] {
        guard let index = indexOf[name], items[index].boot == runID else { return [] }
        trace?("\(buys.count) purchases of \(name)")
        control.markReady(name)
        defer { tell(index) }
        return items[index].item.admit(buys)
    }

    @discardableResult
    public func cancel(_ sequence: Int64, of name: ItemName) -> Store.Cancellation? {
        guard let index = indexOf[name], items[index].boot == runID else { return nil }
        defer { tell(index) }
        return items[index].item.cancel(sequence)
    }

    /// A worker that is gone took so many, and never got an answer for them.
    public func leaveInDoubt(_ count: Int64, of name: ItemName) {
        guard let index = indexOf[name] else { return }
        let taken = items[index].item.deduct(count, worker: "gone", hasSink: true, isAlone: false).taken
        let doubts = taken.map { Settlement(sequence: $0.sequence, attempt: $0.attempt, outcome: .inDoubt) }
        _ = items[index].item.settle(doubts, worker: "gone")
        control.markDoubts(name)
        tell(index)
    }

    /// What an operator does.
    public func alter(_ name: ItemName, _ change: (inout ModelItem) -> Void) {
        guard let index = indexOf[name] else { return }
        items[index].item.alter(change)
        tell(index)
    }

    /// Of an earlier life of Redis, until it is reopened.
    public func closeOff(_ name: ItemName) {
        if let index = indexOf[name] { items[index].boot = "before" }
    }

    private func tell(_ index: Int) {
        for payload in items[index].item.takeNotifications() { publish(payload, on: .changes) }
    }

    /// One script on one item, with what every script refuses.
    func onItem<Value>(
        _ reference: ItemReference, _ body: (inout NotifyingItem, _ life: String) -> Value
    ) -> Result<Value, StoreFailure> {
        itemCalls += 1
        trace?("call on \(reference.keys.name) \(reference.incarnation)")
        guard let index = indexOf[reference.keys.name] else { return .failure(.unknownItem) }
        guard items[index].boot == runID else { return .failure(.stale) }
        let wanted = UInt64(reference.incarnation, radix: 16)
        guard wanted == nil || wanted == items[index].item.incarnation else { return .failure(.otherIncarnation) }
        let life = items[index].life
        defer { tell(index) }
        return .success(body(&items[index].item, life))
    }

    func snapshot(_ name: ItemName) -> Result<ItemSnapshot, StoreFailure> {
        itemCalls += 1
        trace?("read of \(name)")
        guard let index = indexOf[name] else { return .failure(.unknownItem) }
        let listed = items[index]
        return .success(
            ItemSnapshot(
                counters: listed.item.counters, settings: listed.item.settings, boot: listed.boot,
                incarnation: listed.item.incarnation, salt: [UInt8](repeating: 7, count: 16),
                storeTime: WallInstant(milliseconds: 1_000_000 + now.nanoseconds / 1_000_000), life: listed.life))
    }

    /// - Returns: whether it was closed off until now.
    func reopen(_ name: ItemName, in runID: String, skipping count: Int64) -> Result<Bool, StoreFailure> {
        guard let index = indexOf[name] else { return .failure(.unknownItem) }
        guard items[index].boot != runID else { return .success(false) }
        trace?("reopening of \(name)")
        let (counters, life) = (items[index].item.counters, items[index].life)
        items[index].kept[life] =
            items[index].kept[life]
            ?? AcknowledgedState(life: life, version: counters.version, tail: counters.tail)
        items[index].boot = runID
        items[index].life = newLife()
        // A few say as much as two million do.
        items[index].item.reopen(skipping: min(count, 8))
        tell(index)
        return .success(true)
    }

    /// As check_durability.lua.
    func check(_ reference: ItemReference, _ seen: AcknowledgedState) -> Store.Finding {
        guard let index = indexOf[reference.keys.name] else { return .gone }
        let listed = items[index]
        guard UInt64(reference.incarnation, radix: 16) == listed.item.incarnation else { return .replaced }
        let kept =
            listed.kept[seen.life]
            ?? AcknowledgedState(
                life: seen.life, version: listed.item.counters.version, tail: listed.item.counters.tail)
        let isKnown = listed.kept[seen.life] != nil || listed.life == seen.life
        if isKnown && seen.version <= kept.version { return .nothingLost }
        let lost = max(0, seen.tail - kept.tail)
        items[index].item.freeze(version: seen.version, tail: seen.tail)
        items[index].kept[seen.life] = AcknowledgedState(
            life: seen.life, version: seen.version, tail: max(seen.tail, kept.tail))
        tell(index)
        return .rolledBack(versions: max(0, seen.version - kept.version), sequences: lost)
    }

    // MARK: Keys that belong to no item

    /// What the leader measured is forgotten.
    public func forgetHints() { control.save([], now: now) }

    func onControl<Value>(_ body: (inout ModelControl) -> Value) -> Value { body(&control) }
    /// The node that leads; nil: nobody does.
    public var leader: String? { control.leader(now: now) }
}
