import HTTPServer
import Operations
import Store

/// The health of a process, for both of its listeners.
final class Health {
    private let store: Store
    private let listener: StoreListener
    private var isStopping = false
    private var troubles: [String] = []

    init(store: Store, listener: StoreListener) { (self.store, self.listener) = (store, listener) }

    /// Polls can be answered. Where only purchases are refused, a balancer that took this process out would take its
    /// polls with it.
    var isReady: Bool { store.takesReads && listener.isFollowing && !isStopping }

    /// Why it isn't ready, beside the store's absence.
    var ownReasons: [String] {
        (isStopping ? ["stopping"] : [])
            + (store.isReady && !listener.isFollowing ? ["the store's messages can't be followed"] : [])
    }

    /// Not ready from now on.
    func withdraw() { isStopping = true }

    /// What is wrong with all processes, as `/readyz` of this one shows it.
    func report(troubles: [String]) { self.troubles = troubles }

    func render(_ page: HealthPage, into response: inout Response) {
        page.render(into: &response, program: "sluice-queue") { readiness }
    }

    private var readiness: HealthPage.Readiness {
        var reasons = isStopping ? ["stopping"] : []
        if !store.isReady { reasons.append("store: \(store.downReason ?? "not connected yet")") }
        if store.isReady && !listener.isFollowing { reasons.append("store: its messages can't be followed") }
        reasons += store.impairments.filter(\.stopsReads).map { "store: \($0)" }
        return HealthPage.Readiness(
            isReady: isReady, reasons: reasons, impaired: store.impairments.map { "store: \($0)" } + troubles)
    }
}
