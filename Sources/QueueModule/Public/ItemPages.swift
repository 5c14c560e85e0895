import Base
import Domain

/// Keeps the pages of items up to now, for those who ask and for those who listen.
struct ItemPages {
    private let parts: EndpointParts

    init(_ parts: EndpointParts) { self.parts = parts }

    /// Brings the item's page up to now and returns its tag.
    func describe(_ entry: ItemEntry) -> [UInt8] {
        let rate = entry.view.drainPerSecond(now: parts.now) ?? 0
        entry.updatePage(
            to: ItemBody(
                name: entry.name, snapshot: entry.view.snapshot, storeTime: entry.view.storeTime(now: parts.now),
                drainPerSecond: Int64(rate.rounded())))
        return entry.page.tag
    }
}
