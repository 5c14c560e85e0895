import Base
public import Domain

extension ItemFreeze {
    /// From what check_durability.lua writes into meta: `seen kept sequences life ms`; nil for anything else.
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
