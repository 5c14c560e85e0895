public import Base

/// Why an item is frozen: what a process saw acknowledged, beside what the store had kept of it.
public struct ItemFreeze: Sendable, Equatable {
    public var seenVersion: Int64
    public var keptVersion: Int64
    public var sequencesLost: Int64
    /// The life in which it was acknowledged.
    public var life: String
    public var at: WallInstant

    public init(seenVersion: Int64, keptVersion: Int64, sequencesLost: Int64, life: String, at: WallInstant) {
        self.seenVersion = seenVersion
        self.keptVersion = keptVersion
        self.sequencesLost = sequencesLost
        self.life = life
        self.at = at
    }

    /// From what check_durability.lua leaves in meta: `seen kept sequences life ms`; nil for anything else.
    public init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 5, let seen = Int64(words[0]), let kept = Int64(words[1]), let lost = Int64(words[2]),
            let time = Int64(words[4])
        else { return nil }
        self.init(
            seenVersion: seen, keptVersion: kept, sequencesLost: lost, life: String(words[3]),
            at: WallInstant(milliseconds: time))
    }
}
