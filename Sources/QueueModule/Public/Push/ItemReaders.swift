import Base

/// The open streams of one item, and the event that they are shown.
final class ItemReaders {
    let entry: ItemEntry
    /// Of the event that was shown last; empty before the first.
    private(set) var id: [UInt8] = []
    private(set) var event: [UInt8] = []
    private var requests: [OpenRequest] = []  // some may have ended
    private var count = 0  // those that have not
    private var due: [OpenRequest] = []
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

    /// All are to be shown it; who was not shown the last event yet is shown this one alone.
    func everybodyIsDue() { due = requests }

    var hasDue: Bool { !due.isEmpty }

    /// The next one to be shown; nil when all were.
    func nextDue() -> OpenRequest? {
        while let request = due.popLast() { if request.id != nil { return request } }
        return nil
    }
}
