import Base
import Domain
import EventLoop
import HTTPServer
import Sodium
import Store

// How a purchase becomes a ticket.
extension FrontDoor {
    func buy(_ request: borrowing Request, item range: Range<Int>, exchange: ExchangeID) {
        let isJSON = request.withHeader(.contentType) { PurchaseRequest.isJSON($0) } ?? true
        guard isJSON else { return refuse(exchange, .unsupportedMediaType, .invalid) }
        let purchase: PurchaseRequest
        do throws(JSONError) {
            purchase = try request.withBody { (body) throws(JSONError) in
                try PurchaseRequest.parse(body, user: &user)
            }
        } catch {
            return refuse(exchange, .invalidRequest(error.description), .invalid)
        }
        guard request.withHeader(.idempotencyKey, { PurchaseRequest.isValidKey($0) }) ?? true else {
            let rule = "Idempotency-Key must be 1 to 255 printable ASCII characters without spaces"
            return refuse(exchange, .invalidRequest(rule), .invalid)
        }
        guard !isDraining else { return refuse(exchange, .draining, .degraded) }
        let known = request.withPath { directory.entry(named: $0.extracting(range)) }
        if let known {
            return user.withSpan { user in
                let tags = Tags(request, user: user, salt: known.view.snapshot.salt)
                buy(known, user: user, quantity: purchase.quantity, tags: tags, exchange: exchange)
            }
        }
        buyUnknown(request, item: range, purchase: purchase, exchange: exchange)
    }

    /// The item is not known to this loop: the store may know it.
    private func buyUnknown(
        _ request: borrowing Request, item range: Range<Int>, purchase: PurchaseRequest, exchange: ExchangeID
    ) {
        let name = request.withPath { itemName($0, range) }
        guard let name else { return refuse(exchange, .unknownItem, .unknownItem) }
        let key = request.withHeader(.idempotencyKey) { value in value.indices.map { value[$0] } }
        let user = user.bytes
        directory.lookUp(name) { [unowned self] result in
            switch result {
            case .failure(let failure):
                refuse(exchange, storeProblem(failure), failure == .unknownItem ? .unknownItem : .store)
            case .success(let entry):
                let tags = Tags(key: key, user: user.span, salt: entry.view.snapshot.salt)
                buy(entry, user: user.span, quantity: purchase.quantity, tags: tags, exchange: exchange)
            }
        }
    }

    /// The hashes under an item's salt that stand for a user and a key.
    struct Tags {
        let user: UInt64
        let key: UInt64

        init(_ request: borrowing Request, user: Span<UInt8>, salt: [UInt8]) {
            self.user = KeyedHash.hash(user, key: salt)
            key = request.withHeader(.idempotencyKey) { Self.digest($0, salt) } ?? 0
        }

        init(key: [UInt8]?, user: Span<UInt8>, salt: [UInt8]) {
            self.user = KeyedHash.hash(user, key: salt)
            self.key = key.map { Self.digest($0.span, salt) } ?? 0
        }

        /// 56 bits, never 0: that is the digest of no key.
        private static func digest(_ key: Span<UInt8>, _ salt: [UInt8]) -> UInt64 {
            max(1, KeyedHash.hash(key, key: salt) >> 8)
        }
    }

    private func buy(_ entry: ItemEntry, user: Span<UInt8>, quantity: Int64, tags: Tags, exchange: ExchangeID) {
        guard store.isReady else { return refuse(exchange, .storeUnavailable, .store) }
        switch entry.view.gate(tag: UInt32(truncatingIfNeeded: tags.user), now: loop.now) {
        case .ask: directory.renew(entry)  // so that strangers are refused from memory again after an interruption
        case .askAndReadHolders: directory.readHolders(of: entry)
        case .refuse(let refusal):
            figures.refusedFromMemory += 1
            return refuse(exchange, refusal, entry)
        }
        guard pendingAdmissions < Limits.pendingAdmissions else { return refuse(exchange, .degraded, .degraded) }
        pendingAdmissions += 1
        enqueue(entry, user: user, quantity: quantity, tags: tags, exchange: exchange)
    }

    private func enqueue(
        _ entry: ItemEntry, user: Span<UInt8>, quantity: Int64, tags: Tags, exchange: ExchangeID
    ) {
        list(entry)
        let incarnation = entry.view.snapshot.incarnation
        for index in entry.intake.waiting.indices {
            let batch = entry.intake.waiting[index]
            guard !batch.isFull, batch.incarnation == incarnation else { continue }
            let isIn = batch.append(
                user: user, userTag: tags.user, quantity: quantity, keyDigest: tags.key,
                ticketKeyID: codec.currentKeyID, exchange: exchange)
            if isIn { return }
        }
        let batch = spareBatches.popLast() ?? PurchaseBatch(limit: batchLimit)
        batch.begin(incarnation: incarnation)
        let isIn = batch.append(
            user: user, userTag: tags.user, quantity: quantity, keyDigest: tags.key, ticketKeyID: codec.currentKeyID,
            exchange: exchange)
        precondition(isIn, "an empty batch takes any purchase")
        entry.intake.waiting.append(batch)
    }

    private func list(_ entry: ItemEntry) {
        guard !entry.intake.isListed else { return }
        entry.intake.isListed = true
        dirty.append(entry)
    }

    // MARK: Batches

    /// Whether a batch is about to leave: what its call costs beside its purchases is as much as twenty of them.
    var isWorthALook: Bool { batchLimit > 1 && dirty.contains { !$0.intake.isCalling } }

    /// Runs at the end of each turn: every item with purchases and no call under way sends its oldest batch.
    func sendBatches() {
        guard !dirty.isEmpty else { return }
        let entries = dirty
        dirty.removeAll(keepingCapacity: true)
        for entry in entries {
            entry.intake.isListed = false
            guard batchLimit > 1 else {
                sendAll(of: entry)
                continue
            }
            guard !entry.intake.isCalling, !entry.intake.waiting.isEmpty else { continue }
            send(entry.intake.waiting.removeFirst(), of: entry)
        }
    }

    /// Each purchase in a call of its own, all of them at once: what batches are measured against.
    private func sendAll(of entry: ItemEntry) {
        let batches = entry.intake.waiting
        entry.intake.waiting.removeAll(keepingCapacity: true)
        for batch in batches { send(batch, of: entry) }
    }

    private func send(_ batch: PurchaseBatch, of entry: ItemEntry) {
        entry.intake.isCalling = true
        figures.batches += 1
        if entry.view.counters.waiting == 0 { store.markReady(entry.name) }
        let item = ItemReference(entry.keys, incarnation: batch.incarnation)
        let next = entry.view.counters.tail + 1
        let expected = entry.intake.predictsFirstSequence ? next : nil
        store.admit(batch.admissions, into: item, expecting: expected) { [unowned self] result in
            entry.intake.isCalling = false
            if !entry.intake.waiting.isEmpty { list(entry) }
            switch result {
            case .success(let reply):
                if let first = reply.firstSequence { entry.intake.predictsFirstSequence = first == next }
                server.together { settle(batch, reply, of: entry) }
            case .failure(let failure) where failure.isImpairment: return tellRepeats(batch, item, of: entry)
            case .failure(let failure): fail(batch, failure, of: entry)
            }
            finish(batch)
        }
    }

    private func finish(_ batch: PurchaseBatch) {
        pendingAdmissions -= batch.count
        if spareBatches.count < 64 { spareBatches.append(batch) }
    }

    /// The store takes no newcomers for now. Who has a ticket is told of it all the same: that is a read.
    private func tellRepeats(_ batch: PurchaseBatch, _ item: ItemReference, of entry: ItemEntry) {
        store.replay(batch.admissions, of: item) { [unowned self] result in
            switch result {
            case .success(let reply): server.together { settle(batch, reply, of: entry) }
            case .failure(let failure): fail(batch, failure, of: entry)
            }
            finish(batch)
        }
    }

    private func fail(_ batch: PurchaseBatch, _ failure: StoreFailure, of entry: ItemEntry) {
        if failure == .otherIncarnation || failure == .stale || failure == .unknownItem {
            entry.view.expire()
            directory.refresh(entry) { _ in }  // unheard: the next look at the item reads it again
        }
        let problem = storeProblem(failure)
        for exchange in batch.exchanges { refuse(exchange, problem, .store) }
    }

    private func settle(_ batch: PurchaseBatch, _ reply: AdmissionReply, of entry: ItemEntry) {
        entry.view.applyAdmission(
            version: reply.version, head: reply.head, tail: reply.tail, free: reply.free, largest: reply.largest,
            boot: store.runID, now: loop.now)
        // Admitted in another life than the one that was read, what was left out between them is not known yet.
        let knowsLife = entry.view.snapshot.boot == store.runID
        let (server, exchanges, userTags) = (server!, batch.exchanges, batch.userTags)
        batch.admissions.forEachUser { index, user in
            let exchange = exchanges[index]
            if index + 1 < exchanges.count { server.prefetch(exchanges[index + 1]) }
            var admission = reply.admission(at: index)
            if let first = reply.firstSequence {
                admission = Admission(
                    outcome: .admitted, sequence: first + Int64(index), quantity: batch.admissions.quantity(at: index),
                    ticketKeyID: codec.currentKeyID)
            }
            guard let admission else { return refuse(exchange, storeProblem(.unexpectedReply), .store) }
            let ticket = Ticket(
                keyID: admission.ticketKeyID, incarnation: batch.incarnation, sequence: admission.sequence,
                quantity: admission.quantity, userTag: userTags[index])
            settle(
                admission.outcome, ticket, user: user, exchange: exchange, of: entry, knowsLife: knowsLife)
        }
    }

    /// - Parameter ticket: the buyer's, or the one that holds the place; none where the outcome has none.
    private func settle(
        _ outcome: Admission.Outcome, _ ticket: Ticket, user: Span<UInt8>, exchange: ExchangeID, of entry: ItemEntry,
        knowsLife: Bool
    ) {
        switch outcome {
        case .admitted:
            figures.accepted += 1
            guard knowsLife else {
                let buyer = user.indices.map { user[$0] }
                return directory.refresh(entry) { [unowned self] _ in
                    let place = entry.view.queued(ticket.sequence)
                    tell(exchange, ticket, at: place, of: entry, as: .accepted, user: buyer.span)
                }
            }
            tell(exchange, ticket, at: entry.view.queued(ticket.sequence), of: entry, as: .accepted, user: user)
        case .replayed:
            figures.replayed += 1
            locate(ticket, of: entry, exchange: exchange, as: .replayed(user: user.indices.map { user[$0] }))
        // Who asks for more units than a user may have need not hold a place that could be pointed at.
        case .limitReached where ticket.sequence == 0: refuse(exchange, .purchaseLimit, .limit)
        case .limitReached:
            figures.refuse(.limit)
            answer(exchange) { response in
                Problem.purchaseLimit.render(into: &response)
                response.field("Location: /v1/tickets/") { [codec] in
                    codec.append(ticket, item: entry.nameBytes, to: &$0)
                }
            }
        case .mismatch: refuse(exchange, .idempotencyMismatch, .mismatch)
        case .closed: refuse(exchange, .closed, entry)
        case .notOpen: refuse(exchange, .notOpen, entry)
        case .soldOut: refuse(exchange, .soldOut, entry)
        case .paused: refuse(exchange, .paused, .paused)
        case .queueFull: refuse(exchange, .queueFull, .queueFull)
        case .frozen: refuse(exchange, .degraded, .degraded)
        }
    }

    // MARK: Refusals

    func refuse(_ exchange: ExchangeID, _ problem: Problem, _ why: QueueFigures.PurchaseRefusal) {
        figures.refuse(why)
        refuse(exchange, problem)
    }

    private func refuse(_ exchange: ExchangeID, _ refusal: ItemView.Refusal, _ entry: ItemEntry) {
        switch refusal {
        case .closed: refuse(exchange, .closed, .closed)
        case .soldOut: refuse(exchange, .soldOut, .soldOut)
        case .notOpen:
            let left = entry.view.settings.opensAt.milliseconds - entry.view.storeTime(now: loop.now).milliseconds
            refuse(exchange, .notOpen(retryAfterMilliseconds: max(1, left)), .notOpen)
        }
    }
}
