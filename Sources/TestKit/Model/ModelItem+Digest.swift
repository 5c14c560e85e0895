// What a search through all states distinguishes.
extension ModelItem {
    /// Mixes in all that what comes depends on, but for flights and settings.
    ///
    /// Deadlines count from `now`; those that passed `span` milliseconds ago or longer count alike. Nothing comes of a
    /// purchase that ended without a unit, or was refunded, so those count alike too; and what was paid for them, and
    /// is due, changes nothing but answers about them.
    public func mix(into digest: inout StateDigest, now: Int64, span: Int64) {
        digest.mix(units.free)
        digest.mix(units.held)
        digest.mix(units.sold << 1 | (hasEnded ? 1 : 0))
        for purchase in purchases.all {
            let sequence = purchase.sequence
            digest.mix(purchase.quantity)
            switch purchase.outcome {
            case .waiting: digest.mix(1)
            case .processing:
                digest.mix(2)
                tracesOfLosses(sequence).forEach { digest.mix($0) }
            case .reserved:
                digest.mix(3)
                holds.mix(into: &digest, sequence, now: now, span: span)
            case .inDoubt: digest.mix(4)
            case .sold where holds.refunds[sequence] == nil: digest.mix(5)
            // Payments and leavings after it are what most often goes wrong.
            case .expired: digest.mix(6)
            default: digest.mix(7)
            }
        }
    }

    /// What lost workers left of a sequence.
    private func tracesOfLosses(_ sequence: Int64) -> [Int64] {
        [redo, fences, losses, doubts.all(includesLost: true)].map { $0[sequence] ?? 0 }
    }
}
