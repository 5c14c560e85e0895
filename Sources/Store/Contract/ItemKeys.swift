public import Domain

/// What the names of an item's keys end in. They begin with `sluice:{item}:`, so that a script stays in one slot.
enum ItemKey: String {
    case meta, queue, users, holders, redo, orders, reasons, attempts, losses, workers, ledger, gone
    case reserved, holds, fresh, payments, refunds
    case taken, past, deleted
    case seconds = "series:s"
    case minutes = "series:m"
    case flight = "flight:"  // and the worker
    case redoFlight = "flight:redo"
    case poisonedFlight = "flight:doubt"
    case unansweredFlight = "flight:silent"
    case results = "results:"  // and the number of the segment
    case pastChunks = "past:"  // and the first sequence
    case once = "once:"  // and the key of an operator's call

    func name(of item: ItemName, _ ending: some CustomStringConvertible = "") -> [UInt8] {
        Array("sluice:{\(item)}:\(rawValue)\(ending)".utf8)
    }
}

/// The names of one item's keys, as bytes, made once.
public final class ItemKeys {
    public let name: ItemName
    let meta: [UInt8]
    let queue: [UInt8]
    let users: [UInt8]
    let holders: [UInt8]
    let redo: [UInt8]
    let redoFlight: [UInt8]
    let poisonedFlight: [UInt8]
    let unansweredFlight: [UInt8]
    let orders: [UInt8]
    let reasons: [UInt8]
    let attempts: [UInt8]
    let losses: [UInt8]
    let workers: [UInt8]
    let firstResults: [UInt8]
    let ledger: [UInt8]
    let gone: [UInt8]
    let reserved: [UInt8]
    let holds: [UInt8]
    let fresh: [UInt8]
    let payments: [UInt8]
    let refunds: [UInt8]
    let taken: [UInt8]
    let past: [UInt8]
    let deleted: [UInt8]
    let seconds: [UInt8]
    let minutes: [UInt8]

    public init(_ name: ItemName) {
        func key(_ key: ItemKey) -> [UInt8] { key.name(of: name) }
        self.name = name
        meta = key(.meta)
        queue = key(.queue)
        users = key(.users)
        holders = key(.holders)
        redo = key(.redo)
        redoFlight = key(.redoFlight)
        poisonedFlight = key(.poisonedFlight)
        unansweredFlight = key(.unansweredFlight)
        orders = key(.orders)
        reasons = key(.reasons)
        attempts = key(.attempts)
        losses = key(.losses)
        workers = key(.workers)
        firstResults = ItemKey.results.name(of: name, 0)
        ledger = key(.ledger)
        gone = key(.gone)
        reserved = key(.reserved)
        holds = key(.holds)
        fresh = key(.fresh)
        payments = key(.payments)
        refunds = key(.refunds)
        taken = key(.taken)
        past = key(.past)
        deleted = key(.deleted)
        seconds = key(.seconds)
        minutes = key(.minutes)
    }

    /// Those without a number or a worker in their names, `meta` first; but for `past`, `workers` and `deleted`.
    var plain: [[UInt8]] {
        [
            meta, queue, taken, users, holders, redo, redoFlight, poisonedFlight, unansweredFlight, orders, reasons,
            attempts, losses, ledger, gone, reserved, holds, fresh, payments, refunds, seconds, minutes,
        ]
    }

    /// The points of the item's series with this step.
    func series(_ step: SeriesStep) -> [UInt8] { step == .second ? seconds : minutes }

    func flight(of worker: String) -> [UInt8] { ItemKey.flight.name(of: name, worker) }
    /// Where the answer to an operator's call with this key is kept for a while.
    func once(_ key: [UInt8]) -> [UInt8] { ItemKey.once.name(of: name) + key }
    func results(segment: Int) -> [UInt8] { ItemKey.results.name(of: name, segment) }
}
