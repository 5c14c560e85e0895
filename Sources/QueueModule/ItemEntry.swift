import Base
import Domain
import Store

/// All that one loop keeps of one item: the view, the purchases and payments without an answer, and the callers that
/// wait for a read.
final class ItemEntry {
    typealias Reader = (StoreFailure?) -> Void
    typealias BlockReader = (Result<Int64, StoreFailure>) -> Void

    let name: ItemName
    let nameBytes: [UInt8]
    let keys: ItemKeys
    let view: ItemView
    let line = AdmissionLine()
    private(set) lazy var payments = AdmissionLine()
    private(set) var page = ItemPage()
    /// Who listens for its tickets; nil where nobody does.
    private(set) var audience: ItemAudience?

    private(set) var isBeingRead = false
    /// Callers came while a read was under way: another one follows it.
    private(set) var mustBeReadAgain = false
    private var readers: [Reader] = []
    private var blockReaders: [Int: [BlockReader]] = [:]
    private var areHoldersBeingRead = false

    init(keys: ItemKeys, view: ItemView) {
        name = keys.name
        nameBytes = Array(keys.name.description.utf8)
        self.keys = keys
        self.view = view
    }

    var reference: ItemReference { ItemReference(keys, incarnation: view.snapshot.incarnation) }

    func updatePage(to body: ItemBody) { page.update(to: body) }

    /// The audience, which may be empty yet.
    func gatherAudience() -> ItemAudience {
        if let audience { return audience }
        let audience = ItemAudience(endedAt: view.counters.endedAt)
        self.audience = audience
        return audience
    }

    func dismissAudience() { audience = nil }

    // MARK: Reads, one call for many callers

    /// True where a read is to begin now; else another one follows the one that is under way.
    func join(_ reader: @escaping Reader) -> Bool {
        assert(!mustBeReadAgain || !readers.isEmpty, "a read follows for no caller")
        readers.append(reader)
        mustBeReadAgain = isBeingRead
        return !isBeingRead
    }

    /// A read begins: for all callers so far.
    func readBegins() -> [Reader] {
        precondition(!isBeingRead && !readers.isEmpty, "one read at a time, and for a caller")
        (isBeingRead, mustBeReadAgain) = (true, false)
        defer { readers = [] }
        return readers
    }

    func readEnded() {
        precondition(isBeingRead, "a read ends once")
        isBeingRead = false
    }

    /// True where a read of the block is to begin now.
    func join(_ reader: @escaping BlockReader, ofBlock index: Int) -> Bool {
        blockReaders[index, default: []].append(reader)
        return blockReaders[index]?.count == 1
    }

    func blockReadEnded(_ index: Int) -> [BlockReader] {
        guard let readers = blockReaders.removeValue(forKey: index) else {
            preconditionFailure("a read of a block ends once")
        }
        return readers
    }

    /// True where a read of the holders is to begin now.
    func holdersReadBegins() -> Bool {
        defer { areHoldersBeingRead = true }
        return !areHoldersBeingRead
    }

    func holdersReadEnded() {
        precondition(areHoldersBeingRead, "a read of the holders ends once")
        areHoldersBeingRead = false
    }
}

extension ItemEntry: ItemMemory {
    var acknowledgedStates: AcknowledgedStates { view.acknowledgedStates }
    var counters: ItemCounters { view.counters }
    func delivered(_ acknowledged: AcknowledgedState) { view.delivered(acknowledged) }
    func storeRestarted() { view.storeRestarted() }
}
