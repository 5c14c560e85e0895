import Base

/// The open streams of one item, and the event that they are told.
final class ItemReaders {
    let entry: ItemEntry
    /// Of the event that was told last; empty before the first.
    private(set) var id: [UInt8] = []
    private(set) var event: [UInt8] = []
    private var requests: [OpenRequest] = []  // some may have ended
    private var count = 0  // those that have not
    private var untold: [OpenRequest] = []
    /// The store has no such item any more.
    private(set) var isGone = false

    init(_ entry: ItemEntry) { self.entry = entry }

    var isEmpty: Bool { count == 0 }

    func add(_ request: OpenRequest) {
        requests.append(request)
        count += 1
    }

    /// One of them has ended.
    func left() {
        count -= 1
        if requests.count > 2 * count { requests.removeAll { $0.id == nil } }
    }

    func rendered(_ event: [UInt8], as id: [UInt8]) { (self.event, self.id) = (event, id) }

    func gone() { isGone = true }

    /// All are to be told; who was not told of the last event yet is told of this one alone.
    func tellAll() { untold = requests }

    var hasUntold: Bool { !untold.isEmpty }

    /// The next one to be told; nil when all were.
    func nextUntold() -> OpenRequest? {
        while let request = untold.popLast() { if request.id != nil { return request } }
        return nil
    }
}
