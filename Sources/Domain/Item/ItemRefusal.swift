import Base

// Why non-holders are refused from memory.
extension ItemView.Refusal {
    /// Nil where the store decides, as it does by its own clock near an opening or a closing.
    @inline(__always)
    init?(_ settings: ItemSettings, hasEnded: Bool, at time: WallInstant) {
        let margin = Limits.clockMargin.wholeMilliseconds
        let (opening, closing) = (settings.opensAt.milliseconds, settings.closesAt.milliseconds)
        if settings.isClosed || (closing > 0 && time.milliseconds >= closing + margin) {
            self = .closed
        } else if closing > 0 && time.milliseconds >= closing - margin {
            return nil
        } else if time.milliseconds < opening - margin {
            self = .notOpen
        } else if time.milliseconds >= opening + margin && hasEnded {
            self = .soldOut
        } else {
            return nil
        }
    }
}
