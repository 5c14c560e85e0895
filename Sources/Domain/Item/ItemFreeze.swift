public import Base

/// Why an item is frozen: what a process saw acknowledged, and what the store had kept of it.
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
}
