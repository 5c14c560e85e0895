import Base
import Domain
import HTTPServer
import Sodium
import Store

// DESIGN
// The checks come in the order of the contract: media type, body, key, draining, item. Users who hold no ticket of the
// item are refused from memory where that is possible. A user who may hold one is always answered by the store, so a
// 202 that was lost is found again in any state of the item.

/// Takes purchases: checks a request and puts it into a batch, or refuses it.
final class PurchaseEndpoint {
    private let parts: EndpointParts
    private let admissions: AdmissionDriver
    private let outcomes: PurchaseResponder
    private var isDraining = false
    private(set) var refusedFromMemory: UInt64 = 0

    init(_ parts: EndpointParts, admissions: AdmissionDriver, outcomes: PurchaseResponder) {
        (self.parts, self.admissions, self.outcomes) = (parts, admissions, outcomes)
    }

    /// Takes no more from now on.
    func drain() { isDraining = true }

    func buy(_ request: borrowing Request, item range: Range<Int>, exchange: ExchangeID) {
        let isJSON = request.withHeader(.contentType) { PurchaseRequest.isJSON($0) } ?? true
        guard isJSON else { return outcomes.refuse(exchange, .unsupportedMediaType, .invalid) }
        do throws(JSONError) {
            try request.withBody { (body) throws(JSONError) in
                try PurchaseRequest.parse(body) { wanted, user in
                    buy(request, item: range, wanted, user: user, exchange: exchange)
                }
            }
        } catch {
            outcomes.refuse(exchange, .invalidRequest(error.description), .invalid)
        }
    }

    /// Takes a purchase whose body was read: `user` is a valid one.
    func buy(
        _ request: borrowing Request, item range: Range<Int>, _ wanted: PurchaseRequest, user: Span<UInt8>,
        exchange: ExchangeID
    ) {
        guard request.withHeader(.idempotencyKey, { PurchaseRequest.isValidKey($0) }) ?? true else {
            let rule = "Idempotency-Key must be 1 to 255 printable ASCII characters without spaces"
            return outcomes.refuse(exchange, .invalidRequest(rule), .invalid)
        }
        guard !isDraining else { return outcomes.refuse(exchange, .draining, .degraded) }
        guard let entry = request.withPath({ parts.directory.entry(named: $0.extracting(range)) }) else {
            return lookUp(request, item: range, wanted, user: user, exchange: exchange)
        }
        let tags = PurchaseTags(request, user: user, salt: entry.view.snapshot.salt)
        enqueue(Purchase(exchange: exchange, quantity: wanted.quantity, tags: tags), user: user, of: entry)
    }

    /// The item is not known to this loop: the store may know it.
    private func lookUp(
        _ request: borrowing Request, item range: Range<Int>, _ wanted: PurchaseRequest, user: Span<UInt8>,
        exchange: ExchangeID
    ) {
        let name = request.withPath { itemName($0, range) }
        guard let name else { return outcomes.refuse(exchange, .unknownItem, .unknownItem) }
        let key = request.withHeader(.idempotencyKey) { value in value.indices.map { value[$0] } }
        let user = user.indices.map { user[$0] }
        parts.directory.lookUp(name) { [unowned self] result in
            switch result {
            case .failure(let failure):
                let why: QueueFigures.PurchaseRefusal = failure == .unknownItem ? .unknownItem : .store
                outcomes.refuse(exchange, parts.failures.problem(failure), why)
            case .success(let entry):
                let tags = PurchaseTags(key: key, user: user.span, salt: entry.view.snapshot.salt)
                enqueue(Purchase(exchange: exchange, quantity: wanted.quantity, tags: tags), user: user.span, of: entry)
            }
        }
    }

    private func enqueue(_ purchase: Purchase, user: Span<UInt8>, of entry: ItemEntry) {
        let exchange = purchase.exchange
        guard parts.store.isReady else { return outcomes.refuse(exchange, .storeUnavailable, .store) }
        switch entry.view.gate(tag: UInt32(truncatingIfNeeded: purchase.tags.user), now: parts.now) {
        // An item that is read again after an interruption lets those without a ticket be refused from memory again.
        case .admit: parts.directory.renew(entry)
        case .admitAndReadHolders: parts.directory.readHolders(of: entry)
        case .refuse(let refusal):
            refusedFromMemory += 1
            return outcomes.refuse(exchange, refusal, of: entry)
        }
        if !admissions.take(purchase, user: user, of: entry) { outcomes.refuse(exchange, .degraded, .degraded) }
    }
}

/// The hashes under an item's salt that stand for a user and a key.
struct PurchaseTags {
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
