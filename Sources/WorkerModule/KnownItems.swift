import Domain
import Store

/// The items of which this worker may hold purchases; their keys are made once.
final class KnownItems {
    private struct Known {
        let keys: ItemKeys
        var uses: UInt64 = 0
    }

    private var items: [ItemName: Known] = [:]

    var isEmpty: Bool { items.isEmpty }

    /// In order, so that a simulation replays.
    var names: [ItemName] { items.keys.sorted { $0.description < $1.description } }

    /// - Parameter incarnation: nil: whichever has the name now.
    func reference(_ name: ItemName, incarnation: UInt64? = nil) -> ItemReference {
        items[name, default: Known(keys: ItemKeys(name))].uses += 1
        return ItemReference(items[name]!.keys, incarnation: incarnation)
    }

    /// How often it was used; for `forget`.
    func uses(of name: ItemName) -> UInt64 { items[name]?.uses ?? 0 }

    /// The store answered a call that it has no such item. A call that was sent behind that one may have taken
    /// purchases of an item that was made since: then the name stays known.
    func forget(_ name: ItemName, unlessUsedSince uses: UInt64) {
        if items[name]?.uses == uses { items[name] = nil }
    }
}
