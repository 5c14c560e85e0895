import Base

/// The events that were read and that the saved cursor does not stand behind yet, oldest first.
struct CursorWindow: Sendable {
    struct Mark: Sendable {
        /// The event; nil where there is nothing to wait for.
        var order: Int64?
        var lane: String
        /// Where reading goes on behind it.
        var cursor: String
    }

    private var marks = Fifo<Mark>()

    var count: Int { marks.count }
    var oldest: Mark? { marks.first }

    mutating func append(lane: String, order: Int64, cursor: String) {
        marks.append(Mark(order: order, lane: lane, cursor: cursor))
    }

    mutating func removeOldest() { _ = marks.popFirst() }

    /// There is nothing to wait for up to `cursor`.
    ///
    /// - Returns: whether nothing before it is waited for either, so that the cursor may stand there at once.
    mutating func pass(to cursor: String) -> Bool {
        if marks.isEmpty { return true }
        if marks.last?.order == nil {
            marks.last?.cursor = cursor
        } else {
            marks.append(Mark(order: nil, lane: "", cursor: cursor))
        }
        return false
    }
}
