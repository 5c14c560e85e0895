public import Base
public import Domain
import OutboundHTTP
import Sodium
import TestKit

/// An order service in virtual time, and how workers call it.
public struct OrderServiceSetup: Sendable {
    public var model: ServiceModel.Settings
    public var transit = TimeSpan.microseconds(200)  // of a request or an answer, up to half of it more or less
    public var connections = 64  // of each worker
    public var timeout = TimeSpan.seconds(2)  // of a call, as the worker sees it
    public var inDoubtAfter = TimeSpan.seconds(900)
    public var breaker = CircuitBreaker.Settings()

    public init(model: ServiceModel.Settings) { self.model = model }
}

/// An order service as the webhook's contract has it: it reads each request, decides each ticket once and gives every
/// call for it the same answer, after the time and with the faults of its `ServiceModel`.
public final class SimulatedOrderService {
    public let model: ServiceModel
    private let world: VirtualWorld
    private let decisions: OrderServiceModel
    private let codec = TicketCodec(authenticator: SimulatedKeys.ring())
    private var callers: [OrderServiceModel.Attempt: String] = [:]
    private var answered: Set<OrderServiceModel.Purchase> = []
    public private(set) var calls = 0
    /// When each purchase was answered for the first time, in order.
    public private(set) var finishes: [MonotonicInstant] = []
    /// A request that is not the contract's.
    public private(set) var problem: String?

    init(_ world: VirtualWorld, _ settings: ServiceModel.Settings, decisions: OrderServiceModel) {
        self.world = world
        self.decisions = decisions
        model = ServiceModel(world, settings)
    }

    /// - Parameter respond: called once.
    func receive(_ request: OutboundRequest, from worker: String, respond: @escaping (OutboundResult) -> Void) {
        calls += 1
        guard let order = read(request) else {
            problem = problem ?? "no request of the contract: \(String(decoding: request.body, as: UTF8.self))"
            return respond(.success(OutboundReply(status: 400, body: [])))
        }
        let attempt = OrderServiceModel.Attempt(purchase: order.purchase, attempt: order.attempt)
        let isFirst = callers.updateValue(worker, forKey: attempt) != worker
        decisions.check(order, by: worker, isFirst: isFirst)
        let refusal = model.call { [weak self] ending in
            guard let self else { return }
            let isConfirmed = ending.isDone ? decisions.decide(order) : false
            switch ending {
            case .failed(let kind): respond(Self.answer(kind))
            case .served:
                if answered.insert(order.purchase).inserted { finishes.append(world.now) }
                respond(.success(Self.answer(order, isConfirmed: isConfirmed)))
            }
        }
        if let refusal { respond(Self.answer(refusal)) }
    }

    /// What it decided; nil: nothing yet.
    func decision(_ item: ItemIncarnation, _ sequence: Int64) -> Bool? { decisions.decision(item, sequence) }

    // MARK: The contract

    private static func answer(_ order: OrderServiceModel.Order, isConfirmed: Bool) -> OutboundReply {
        let text =
            isConfirmed
            ? #"{"status":"confirmed","order":"o-\#(order.sequence)"}"# : #"{"status":"refused","reason":"no more"}"#
        return OutboundReply(status: 200, body: Array(text.utf8))
    }

    private static func answer(_ kind: ServiceFault.Kind) -> OutboundResult {
        switch kind {
        case .failure, .failureAfterwards: .success(OutboundReply(status: 500, body: []))
        case .reset, .resetAfterwards: .failure(.outcomeUnknown("the connection was reset"))
        case .busy(let wait): .success(OutboundReply(status: wait == nil ? 503 : 429, body: [], retryAfter: wait))
        }
    }

    private struct Fields {
        var ticket = ""
        var item = ""
        var user = ""
        var quantity: Int64 = 0
        var sequence: Int64 = 0
        var attempt: Int64 = 0
    }

    /// Nil where the body, its ticket and the call's id do not agree.
    private func read(_ request: OutboundRequest) -> OrderServiceModel.Order? {
        guard let fields = try? Self.fields(request.body), let (ticket, item) = codec.decode(fields.ticket.utf8.span),
            request.fields.contains("webhook-id: \(fields.ticket)"), item.description == fields.item,
            ticket.sequence == fields.sequence, ticket.quantity == fields.quantity
        else { return nil }
        return OrderServiceModel.Order(
            item: ItemIncarnation(item, ticket.incarnation), sequence: fields.sequence, attempt: fields.attempt,
            quantity: fields.quantity, user: fields.user)
    }

    private static func fields(_ body: [UInt8]) throws(JSONError) -> Fields {
        try JSONReader.read(body.span) { (json) throws(JSONError) in
            var fields = Fields()
            try json.beginObject()
            while let key = try json.nextKey() {
                if json.matches(key, "ticket") {
                    fields.ticket = json.copy(try json.string())
                } else if json.matches(key, "item") {
                    fields.item = json.copy(try json.string())
                } else if json.matches(key, "user") {
                    fields.user = json.copy(try json.string())
                } else if json.matches(key, "quantity") {
                    fields.quantity = try json.integer(in: Limits.quantity)
                } else if json.matches(key, "sequence") {
                    fields.sequence = try json.integer(in: Limits.sequence)
                } else if json.matches(key, "attempt") {
                    fields.attempt = try json.integer(in: 0...255)
                } else {
                    try json.skip()
                }
            }
            return fields
        }
    }
}

/// The ticket keys of a simulation. The model of the store names the key 3, which is that of one key in 256.
enum SimulatedKeys {
    private static let key: [UInt8] = {
        for first in UInt8.min ... .max {
            for second in UInt8.min...8 {
                let key = [first, second] + [UInt8](repeating: 5, count: 30)
                if let ring = try? TicketKeyRing([key]), ring.currentKeyID == 3 { return key }
            }
        }
        preconditionFailure("no key of two thousand has this id")
    }()

    static func ring() -> TicketKeyRing {
        guard let ring = try? TicketKeyRing([key]) else { preconditionFailure("libsodium can't be set up") }
        return ring
    }
}
