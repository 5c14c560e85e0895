import Base
import Domain
import HTTPServer
import Store

/// Sends batches of purchases to the store and responds to their buyers; `AdmissionQueue` decides which batch is sent
/// when.
final class AdmissionDriver {
    private let parts: EndpointParts
    private let outcomes: PurchaseResponder
    private var queue: AdmissionQueue
    private var batches: [PurchaseBatch?] = []  // by the number of the batch
    /// Calls that admitted purchases.
    private(set) var calls: UInt64 = 0

    init(_ parts: EndpointParts, outcomes: PurchaseResponder, batchLimit: Int) {
        self.parts = parts
        self.outcomes = outcomes
        queue = AdmissionQueue(batchLimit: batchLimit)
    }

    /// Takes a purchase into a batch of its item; false where too many wait.
    func take(_ purchase: Purchase, user: Span<UInt8>, of entry: ItemEntry) -> Bool {
        let place = queue.join(
            entry.line, userTag: purchase.tags.user, incarnation: entry.view.snapshot.incarnation)
        guard let place else { return false }
        let batch = self.batch(place.batch)
        if place.index == 0 { batch.begin(of: entry) }
        batch.append(purchase, user: user, ticketKeyID: parts.codec.currentKeyID, at: place.index)
        return true
    }

    @inline(__always)
    private func batch(_ number: Int) -> PurchaseBatch {
        if number < batches.count, let batch = batches[number] { return batch }
        return makeBatch(number)
    }

    private func makeBatch(_ number: Int) -> PurchaseBatch {
        while batches.count <= number { batches.append(nil) }
        let batch = PurchaseBatch()
        batches[number] = batch
        return batch
    }

    /// Whether a batch is about to be sent.
    var hasPendingBatch: Bool { queue.hasPendingBatch }

    /// The turn of the loop ends: sends the batches that may be sent.
    func sendBatches() {
        queue.turnEnded()
        while let number = queue.nextDeparture() { send(number, batch(number)) }
    }

    private func send(_ number: Int, _ batch: PurchaseBatch) {
        guard let entry = batch.entry else { preconditionFailure("an empty batch is sent") }
        calls += 1
        if entry.view.counters.waiting == 0 { parts.store.markReady(entry.name) }
        let item = ItemReference(entry.keys, incarnation: batch.incarnation)
        let expected = queue.predictFirst(of: number, tail: entry.view.counters.tail)
        parts.store.admit(batch.admissions, into: item, expecting: expected) { [unowned self] result in
            switch result {
            case .success(let reply):
                queue.answered(number, firstSequence: reply.firstSequence)
                settle(number, batch, reply, of: entry)
            case .failure(let failure) where failure.isImpairment:
                queue.answered(number)
                return replay(number, batch, item, of: entry)
            case .failure(let failure):
                queue.answered(number)
                fail(batch, failure, of: entry)
            }
            finish(number, batch)
        }
    }

    private func finish(_ number: Int, _ batch: PurchaseBatch) {
        batch.end()
        if !queue.finished(number) { batches[number] = nil }
    }

    /// The store takes no newcomers for now. Buyers who have a ticket get it all the same: that is a read.
    private func replay(_ number: Int, _ batch: PurchaseBatch, _ item: ItemReference, of entry: ItemEntry) {
        parts.store.replay(batch.admissions, of: item) { [unowned self] result in
            switch result {
            case .success(let reply): settle(number, batch, reply, of: entry)
            case .failure(let failure): fail(batch, failure, of: entry)
            }
            finish(number, batch)
        }
    }

    private func fail(_ batch: PurchaseBatch, _ failure: StoreFailure, of entry: ItemEntry) {
        parts.directory.doubt(entry, after: failure)
        let problem = parts.failures.problem(failure)
        for exchange in batch.exchanges { outcomes.refuse(exchange, problem, .store) }
    }

    private func settle(_ number: Int, _ batch: PurchaseBatch, _ reply: AdmissionReply, of entry: ItemEntry) {
        entry.view.applyAdmission(
            version: reply.version, head: reply.head, tail: reply.tail, free: reply.free, largest: reply.largest,
            boot: parts.store.runID, now: parts.now)
        parts.responder.together { respond(number, batch, reply, of: entry) }
    }

    private func respond(_ number: Int, _ batch: PurchaseBatch, _ reply: AdmissionReply, of entry: ItemEntry) {
        // If these were admitted in another life than the one that was read, the sequences left out between are
        // unknown.
        let knowsLife = entry.view.snapshot.boot == parts.store.runID
        let (responder, exchanges, userTags) = (parts.responder, batch.exchanges, batch.userTags)
        let newcomers = reply.firstSequence.map { queue.sequences(of: number, from: $0) }
        assert(newcomers.map { $0.count == exchanges.count } ?? true, "a batch and its places have come apart")
        let keyID = parts.codec.currentKeyID
        batch.admissions.forEachUser { index, user in
            let exchange = exchanges[index]
            if index + 1 < exchanges.count { responder.prefetch(exchanges[index + 1]) }
            let admission: Admission
            if let newcomers {
                precondition(index < newcomers.count, "an answer for more purchases than were sent")
                admission = Admission(
                    outcome: .admitted, sequence: newcomers.lowerBound + Int64(index),
                    quantity: batch.admissions.quantity(at: index), ticketKeyID: keyID)
            } else if let answer = reply.admission(at: index) {
                admission = answer
            } else {
                return outcomes.refuse(exchange, parts.failures.problem(.unexpectedReply), .store)
            }
            let ticket = Ticket(
                keyID: admission.ticketKeyID, incarnation: batch.incarnation, sequence: admission.sequence,
                quantity: admission.quantity, userTag: userTags[index])
            outcomes.respond(
                to: exchange, admission.outcome, ticket, user: user, of: entry, knowsLife: knowsLife)
        }
    }
}
