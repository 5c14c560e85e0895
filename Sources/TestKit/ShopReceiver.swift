import EventLoop
import Foundation

/// A shop that receives webhooks, and keeps what came as it came.
///
/// Ends with its last reference.
public final class ShopReceiver: Sendable {
    public struct Delivery: Sendable {
        public var id: String
        public var timestamp: String
        public var signatures: [String]
        public var body: String
        public var type: String
        public var item: String
        public var sequence: Int64  // 0: of the item
        public var user: String?
        /// It was taken: answered with a 2xx.
        public var isTaken: Bool

        public var lane: String { "\(item)/\(sequence)" }
    }

    fileprivate struct Body: Decodable {
        struct Data: Decodable {
            var item: String
            var sequence: Int64?
            var user: String?
        }
        var id: String
        var type: String
        var data: Data
    }

    fileprivate struct Books {
        var deliveries: [Delivery] = []
        var complaints: [String] = []
        var behave: @Sendable (Delivery) -> MisbehavingServer.Answer
    }

    private let books: Locked<Books>
    private let server: MisbehavingServer

    public static let taken = MisbehavingServer.Answer.reply(status: 204)

    /// - Parameter behave: what it does with a delivery; a reply below 300 takes it.
    public init(_ behave: @escaping @Sendable (Delivery) -> MisbehavingServer.Answer = { _ in ShopReceiver.taken })
        throws
    {
        let books = Locked(Books(behave: behave))
        self.books = books
        server = try MisbehavingServer { call in books.withLock { $0.receive(call) } }
    }

    public var url: String { server.url + "/in" }

    /// From now on.
    public func change(_ behave: @escaping @Sendable (Delivery) -> MisbehavingServer.Answer) {
        books.withLock { $0.behave = behave }
    }

    /// Every delivery that came, taken or not.
    public var deliveries: [Delivery] { books.withLock { $0.deliveries } }
    /// Those that were taken, each event the first time.
    public var events: [Delivery] {
        var seen: Set<String> = []
        return deliveries.filter { $0.isTaken && seen.insert($0.id).inserted }
    }
    public var complaints: [String] { books.withLock { $0.complaints } }
}

extension ShopReceiver.Books {
    fileprivate mutating func receive(_ call: MisbehavingServer.Call) -> MisbehavingServer.Answer {
        guard let id = call.fields["webhook-id"], let timestamp = call.fields["webhook-timestamp"],
            let signature = call.fields["webhook-signature"],
            let body = try? JSONDecoder().decode(ShopReceiver.Body.self, from: Data(call.body.utf8)), body.id == id
        else {
            complaints.append("unreadable: \(call.text)")
            return .reply(status: 400)
        }
        var delivery = ShopReceiver.Delivery(
            id: id, timestamp: timestamp, signatures: signature.split(separator: " ").map(String.init),
            body: call.body, type: body.type, item: body.data.item, sequence: body.data.sequence ?? 0,
            user: body.data.user, isTaken: false)
        let answer = behave(delivery)
        delivery.isTaken = answer.takes
        deliveries.append(delivery)
        return answer
    }
}

extension MisbehavingServer.Answer {
    fileprivate var takes: Bool {
        switch self {
        case .reply(let status, _, _): (200..<300).contains(status)
        case .after(_, let answer): answer.takes
        default: false
        }
    }
}
