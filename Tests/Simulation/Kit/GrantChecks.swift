import Base
import Domain
import Store
import TestKit

/// Checks that a worker takes what it was granted in the newest term that it received a grant of, and nothing of an
/// older one.
final class GrantAudit {
    private let worker: String
    private let link: ModelLink
    private var runID = ""
    private var accounts = 0  // counts the beginnings of these three
    private var term: Int64 = 0
    private var allowances: [ItemIncarnation: Int64] = [:]
    private var used: [ItemIncarnation: Int64] = [:]  // requested, less what was not given
    private var isOff = false
    /// Grants that came after one of a newer term.
    private(set) var outdated = 0
    private(set) var problem: String?

    init(_ worker: String, link: ModelLink, messages: ModelMessages) {
        self.worker = worker
        self.link = link
        messages.onGrantsReceived = { [unowned self] in for grant in $0 { received(grant) } }
    }

    private func begin(_ term: Int64) {
        accounts += 1
        (self.term, allowances, used) = (term, [:], [:])
    }

    /// A worker takes grants of any term after a restart of the store, which may count its terms again.
    private func followStore() {
        if runID != link.runID { begin(0) }
        runID = link.runID
    }

    private func received(_ grant: Grant) {
        followStore()
        if grant.term > term { begin(grant.term) }
        guard grant.term == term else { return outdated += 1 }
        let item = ItemIncarnation(grant.item, grant.incarnation)
        allowances[item] = max(allowances[item] ?? 0, grant.allowance)
    }

    /// The worker requests winners of the store.
    ///
    /// - Returns: gets the answer.
    func requested(_ winners: Int64, of item: ItemReference) -> (Deduction?) -> Void {
        followStore()
        let name = ItemIncarnation(item.keys.name, UInt64(item.incarnation, radix: 16))
        let account = accounts
        used[name, default: 0] += winners
        if !isOff, used[name]! > allowances[name] ?? 0 {
            problem = "\(worker) takes \(used[name]!) of \(name) in term \(term), granted are \(allowances[name] ?? 0)"
        }
        return { [weak self] deduction in
            if let self, let deduction, accounts == account { used[name]! -= winners - deduction.winners }
        }
    }

    /// The store was emptied: it may count its terms again from a lower one.
    func stop() { isOff = true }
}

/// Checks the books of a scheduler after each turn in which it granted something: no more is granted than workers,
/// groups and items have room for, and all sums agree.
final class BookCheck {
    private var before: [Allotment] = []
    private(set) var problem: String?
    var allotments: () -> [Allotment] = { [] }
    var imbalances: () -> [String] = { [] }

    /// To be made before the scheduler, whose hook comes in between.
    init(_ loop: VirtualLoop) { loop.beforeSleep { [unowned self] in before = allotments() } }

    func follow(_ loop: VirtualLoop) { loop.beforeSleep { [unowned self] in compare() } }

    private func compare() {
        let now = allotments()
        // What a turn grants may change the allowance itself.
        let grown = zip(before, now).filter { $0.taken < $1.taken }
        guard problem == nil, now.count == before.count, !grown.isEmpty else { return }
        problem = grown.first { $1.taken > max($0.allowance, $1.allowance) }.map(\.1).map {
            "\($0.owner) has \($0.taken) of \($0.allowance)"
        }
        problem = problem ?? imbalances().first
    }
}
