import Domain
import Store

/// The items that this worker has to do with; their keys are made once.
final class KnownItems {
    private var keys: [ItemName: ItemKeys] = [:]

    var isEmpty: Bool { keys.isEmpty }

    /// In order, so that a simulation replays.
    var names: [ItemName] { keys.keys.sorted { $0.description < $1.description } }

    /// - Parameter incarnation: nil: whichever has the name now.
    func reference(_ name: ItemName, incarnation: UInt64? = nil) -> ItemReference {
        if let known = keys[name] { return ItemReference(known, incarnation: incarnation) }
        let made = ItemKeys(name)
        keys[name] = made
        return ItemReference(made, incarnation: incarnation)
    }
}
