import Domain

/// Items that went with the store's data, until an item of their name is there again. Pure; bounded.
struct GoneItems {
    private var incarnations: [ItemName: String] = [:]

    var names: [ItemName] { Array(incarnations.keys) }

    /// Of more than `Limits.goneItemsRemembered` the later ones are dropped: what is reported is the same.
    mutating func add(_ item: ItemReference) {
        let name = item.keys.name
        guard incarnations.count < Limits.goneItemsRemembered || incarnations[name] != nil else { return }
        incarnations[name] = item.incarnation
    }

    /// The store answered that an item of this name is there.
    mutating func wasFound(_ name: ItemName) { incarnations[name] = nil }

    /// A message names an item. It comes over another connection and may be older than the loss, so one of the
    /// incarnation that is gone proves nothing.
    mutating func wasNotified(of name: ItemName, incarnation: UInt64) {
        guard let gone = incarnations[name], gone != ItemIncarnation.text(incarnation) else { return }
        incarnations[name] = nil
    }
}
