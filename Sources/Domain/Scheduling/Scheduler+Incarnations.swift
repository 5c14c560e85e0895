// An item that is deleted and made again under its name is another item: its counters begin at zero, and so does what
// is granted of it. Messages of two incarnations may come in any order and late; what is there now only a read says.
extension Scheduler {
    /// Items of which units are held, other than those in doubt.
    public var itemsHeld: [ItemName] { items.filter { $0.counters.held > $0.counters.inDoubt }.map(\.name) }

    /// Items of which something was heard that does not fit to what is known; each is named once. To be asked after
    /// every event, and read.
    public mutating func itemsToRead() -> [ItemName] {
        defer { unsure.removeAll() }
        return unsure
    }

    /// Whether something that was heard is of the item that is known; if not, the item is to be read. The first
    /// incarnation that is heard of is believed until then.
    mutating func isOf(_ incarnation: UInt64?, _ index: Int) -> Bool {
        guard let incarnation, incarnation != items[index].incarnation else { return true }
        doubt(index)
        guard items[index].incarnation == nil else { return false }
        begin(index, as: incarnation)
        return true
    }

    /// The item is to be read.
    mutating func doubt(_ index: Int) {
        if !unsure.contains(items[index].name) { unsure.append(items[index].name) }
    }

    /// Another item has the name now, or nobody: nothing that is known of the last one holds.
    mutating func begin(_ index: Int, as incarnation: UInt64?) {
        items[index].incarnation = incarnation
        items[index].counters = ItemCounters()
        items[index].isBlocked = false
        for slot in workers.indices where workers[slot].knowsIncarnations {
            guard let book = workers[slot].bookOfItem[index] else { continue }
            forget(book: book, ofWorker: slot)
        }
    }

    /// What was granted from a book counts no more. A worker from before incarnations were told goes on with its
    /// account of the name, and so does its book.
    private mutating func forget(book index: Int, ofWorker slot: Int) {
        var book = workers[slot].books[index]
        book.granted = 0
        book.used = 0
        book.probe = nil
        set(book, at: index, ofWorker: slot)
        eased.append(slot)
    }

    /// Another program under the same name keeps its account in another way.
    mutating func change(knowsIncarnations: Bool, worker slot: Int) {
        guard workers[slot].knowsIncarnations != knowsIncarnations else { return }
        workers[slot].knowsIncarnations = knowsIncarnations
        for index in workers[slot].books.indices { forget(book: index, ofWorker: slot) }
    }
}
