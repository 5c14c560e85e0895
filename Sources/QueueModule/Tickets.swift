import Base
import Domain
import EventLoop
import HTTPServer
import Store

// How a buyer learns where a ticket stands, and leaves.
extension FrontDoor {
    /// What an answer about a ticket is an answer to.
    enum Telling {
        case accepted
        case replayed(user: [UInt8])
        case poll
    }

    func poll(_ request: borrowing Request, ticket range: Range<Int>, exchange: ExchangeID) {
        figures.polls += 1
        guard let ticket = decode(request, range) else { return refuse(exchange, .unknownTicket) }
        if let entry = codec.withItem({ directory.entry(named: $0) }),
            entry.view.snapshot.incarnation == ticket.incarnation
        {
            return locate(ticket, of: entry, exchange: exchange, as: .poll)
        }
        withEntry(of: ticket, exchange) { [unowned self] entry in
            locate(ticket, of: entry, exchange: exchange, as: .poll)
        }
    }

    func leave(_ request: borrowing Request, ticket range: Range<Int>, exchange: ExchangeID) {
        guard let ticket = decode(request, range) else { return refuse(exchange, .unknownTicket) }
        withEntry(of: ticket, exchange) { [unowned self] entry in
            guard store.isReady else { return refuse(exchange, .storeUnavailable) }
            store.cancel(sequence: ticket.sequence, of: entry.reference) { [unowned self] result in
                switch result {
                case .failure(.unknownItem): refuse(exchange, .lost)
                case .failure(.otherIncarnation): refuse(exchange, .unknownTicket)
                case .failure(let failure): refuse(exchange, storeProblem(failure))
                case .success(.cancelled):
                    // The message may come after this answer; a poll in between must not say "queued" again.
                    entry.view.cancelled(ticket.sequence, incarnation: ticket.incarnation)
                    answer(exchange) { response in
                        response.status = 204
                        response.field("Cache-Control: no-store")
                    }
                case .success(.inProgress): refuse(exchange, .inProgress)
                case .success(.alreadyFinal): refuse(exchange, .alreadyFinal)
                case .success(.unknown): refuse(exchange, .lost)
                }
            }
        }
    }

    /// A ticket that we signed. Its text is kept, and its item's name in the codec.
    private func decode(_ request: borrowing Request, _ range: Range<Int>) -> Ticket? {
        spelled = request.withPath { path in
            let text = path.extracting(range)
            ticketText.clear()
            ticketText.append(text)
            if let ticket = codec.read(text) { return ticket }
            guard let plain = unescaped(path, range) else { return nil }
            ticketText.clear()
            ticketText.append(plain.span)
            return codec.read(plain.span)
        }
        if spelled == nil { figures.forgedTickets += 1 }
        return spelled
    }

    /// Finds the item of the ticket that was just decoded; one of another incarnation is unknown, one whose item is
    /// gone is lost.
    private func withEntry(
        of ticket: Ticket, _ exchange: ExchangeID, _ body: @escaping (ItemEntry) -> Void
    ) {
        guard let name = codec.withItem({ ItemName($0) }) else { return refuse(exchange, .unknownTicket) }
        if let entry = directory.entry(named: name) {
            if entry.view.snapshot.incarnation == ticket.incarnation { return body(entry) }
            directory.refresh(entry) { [unowned self] failure in
                if let failure { return refuse(exchange, failure == .unknownItem ? .lost : storeProblem(failure)) }
                guard entry.view.snapshot.incarnation == ticket.incarnation else {
                    return refuse(exchange, .unknownTicket)
                }
                body(entry)
            }
            return
        }
        directory.lookUp(name) { [unowned self] result in
            switch result {
            case .failure(.unknownItem): refuse(exchange, .lost)
            case .failure(let failure): refuse(exchange, storeProblem(failure))
            case .success(let entry):
                guard entry.view.snapshot.incarnation == ticket.incarnation else {
                    return refuse(exchange, .unknownTicket)
                }
                body(entry)
            }
        }
    }

    // MARK: Where it stands

    /// Answers with the ticket's place: from memory where it is current, else after the read of the store that is
    /// needed.
    func locate(_ ticket: Ticket, of entry: ItemEntry, exchange: ExchangeID, as telling: Telling, isFresh: Bool = false)
    {
        // The name may have passed to another item while the store was asked.
        guard entry.view.snapshot.incarnation == ticket.incarnation else { return refuse(exchange, .unknownTicket) }
        guard store.isReady else { return remember(ticket, of: entry, exchange: exchange, as: telling) }
        guard entry.view.isTrusted || isFresh else { return locateFresh(ticket, of: entry, exchange, telling) }
        let place = entry.view.locate(ticket.sequence, isFresh: isFresh)
        switch place {
        case .needsSnapshot: locateFresh(ticket, of: entry, exchange, telling)
        case .needsBlock(let index):
            directory.block(index, of: entry) { [unowned self] result in
                switch result {
                case .failure(let failure): refuse(exchange, storeProblem(failure))
                case .success where entry.view.snapshot.incarnation != ticket.incarnation:
                    refuse(exchange, .unknownTicket)
                case .success(let endedAt):
                    let place = entry.view.place(of: ticket.sequence, blockReadAfter: endedAt)
                    if case .needsBlock = place {
                        return locate(ticket, of: entry, exchange: exchange, as: telling, isFresh: isFresh)
                    }
                    if case .decided(let byte) = place, mayHaveNote(byte, of: entry) {
                        return tellWithNote(exchange, ticket, at: place, of: entry, as: telling)
                    }
                    tell(exchange, ticket, at: place, of: entry, as: telling)
                }
            }
        case .beyondTail: refuse(exchange, .lost)
        case .decided(let byte) where mayHaveNote(byte, of: entry):
            tellWithNote(exchange, ticket, at: place, of: entry, as: telling)
        case .queued, .decided, .soldOut:
            if !isFresh { figures.pollsFromMemory += 1 }
            tell(exchange, ticket, at: place, of: entry, as: telling)
        }
    }

    /// Whether the store may hold what the order sink said of a ticket with this result. A change of settings that was
    /// not read yet may be the first note.
    private func mayHaveNote(_ byte: ResultByte, of entry: ItemEntry) -> Bool {
        mayHaveOrder(byte) && (entry.view.settings.hasOrders || !entry.view.isCurrent)
    }

    private func mayHaveOrder(_ byte: ResultByte) -> Bool { byte == .sold || byte == .rejected }

    /// Answers with the order's reference, or the reason of a refusal, which the store alone has. Whoever knows the end
    /// asks no more, so that is a call for each purchase; where the store can't say it, the answer is not the last one.
    private func tellWithNote(
        _ exchange: ExchangeID, _ ticket: Ticket, at place: ItemView.Place, of entry: ItemEntry, as telling: Telling
    ) {
        store.note(of: ticket.sequence, wasConfirmed: place == .decided(.sold), in: entry.reference) {
            [unowned self] result in
            let note = try? result.get()  // unheard: the answer is not whole, and not final
            guard case .replayed(let user) = telling else {
                return tell(exchange, ticket, at: place, of: entry, as: telling, user: nil, note: note)
            }
            tell(exchange, ticket, at: place, of: entry, as: telling, user: user.span, note: note)
        }
    }

    private func locateFresh(_ ticket: Ticket, of entry: ItemEntry, _ exchange: ExchangeID, _ telling: Telling) {
        directory.refresh(entry) { [unowned self] failure in
            if let failure { return refuse(exchange, failure == .unknownItem ? .lost : storeProblem(failure)) }
            locate(ticket, of: entry, exchange: exchange, as: telling, isFresh: true)
        }
    }

    /// The store is away: waiting tickets are answered from memory for a few seconds, final ones for as long as known.
    private func remember(_ ticket: Ticket, of entry: ItemEntry, exchange: ExchangeID, as telling: Telling) {
        guard let place = entry.view.remembered(ticket.sequence) else { return refuse(exchange, .storeUnavailable) }
        if case .queued = place, loop.now - (directory.storeLostAt ?? loop.now) > Limits.staleAnswers {
            return refuse(exchange, .storeUnavailable)
        }
        var note: [UInt8]? = []
        if case .decided(let byte) = place, mayHaveOrder(byte), entry.view.mayHaveOrders { note = nil }
        tell(exchange, ticket, at: place, of: entry, as: telling, note: note)
    }

    func tell(
        _ exchange: ExchangeID, _ ticket: Ticket, at place: ItemView.Place, of entry: ItemEntry, as telling: Telling,
        note: [UInt8]? = []
    ) {
        if case .replayed(let user) = telling {
            tell(exchange, ticket, at: place, of: entry, as: telling, user: user.span, note: note)
        } else {
            tell(exchange, ticket, at: place, of: entry, as: telling, user: nil, note: note)
        }
    }

    /// - Parameters:
    ///   - user: whom the ticket belongs to; nil where that is not known.
    ///   - said: what the order sink said, empty for nothing; nil where the store could not be asked.
    func tell(
        _ exchange: ExchangeID, _ ticket: Ticket, at place: ItemView.Place, of entry: ItemEntry, as telling: Telling,
        user: Span<UInt8>?, note said: [UInt8]? = []
    ) {
        guard var body = TicketBody(place, ticket: ticket) else { return refuse(exchange, .lost) }
        note.clear()
        if let said, !said.isEmpty { note.append(said) }
        body.isPartial = said == nil
        describe(&body, of: entry)
        spell(ticket, of: entry)
        holder.clear()
        if let user { holder.append(user) }
        answer(exchange) { response in
            response.field("Content-Type: application/json\r\nCache-Control: no-store")
            switch telling {
            case .poll: break
            case .accepted:
                response.status = 202
                response.field("Location: /v1/tickets/", letters: ticketText)
            case .replayed:
                response.field("Location: /v1/tickets/", letters: ticketText)
                response.field("Idempotency-Replayed: true")
            }
            if !body.isFinal { response.field("Retry-After: ", Int((body.pollAfter + 999) / 1_000)) }
            body.append(to: &response.body, ticket: ticketText, item: entry.nameBytes, user: holder, note: note)
        }
    }

    /// Puts the string of `ticket` into `ticketText`. A poll has brought it: there is one string for a ticket, so what
    /// was just decoded need not be signed again.
    private func spell(_ ticket: Ticket, of entry: ItemEntry) {
        guard spelled != ticket else { return }
        spelled = ticket
        ticketText.clear()
        codec.append(ticket, item: entry.nameBytes, to: &ticketText)
    }

    /// Adds what a waiting buyer wants to know: when, whether, and when to ask again.
    private func describe(_ body: inout TicketBody, of entry: ItemEntry) {
        switch body.state {
        case .queued(let position):
            body.verdict = entry.view.verdict(
                body.sequence, ahead: position - 1, quantity: body.quantity)
            let pace = entry.view.pace(now: loop.now)
            body.eta = pace.map { WaitEstimate(position: position, at: $0) }
            measurePolls()
            body.pollAfter = pollBudget.wait(PollPace(pace).wait(position: position), jitter: &jitter)
        case .processing, .reserved: body.pollAfter = withJitter(250)
        case .inDoubt: body.pollAfter = withJitter(10_000)
        default: body.pollAfter = body.isPartial ? withJitter(1_000) : 0
        }
    }

    /// Adds up now and then what all who wait would like to ask, so that hints keep within the budget.
    private func measurePolls() {
        guard loop.now >= pollsMeasuredAt + Limits.pollsMeasured else { return }
        pollsMeasuredAt = loop.now
        pollBudget.measure(demand: directory.pollDemand(now: loop.now))
    }

    /// 20 % more or less, so that those who were told together don't come back together.
    private func withJitter(_ milliseconds: Int64) -> Int64 {
        milliseconds * 4 / 5 + jitter.below(milliseconds * 2 / 5 + 1)
    }
}
