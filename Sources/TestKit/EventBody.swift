/// One event as a reader of the feed gets it.
public struct EventBody: Decodable, Equatable, Sendable {
    public struct Details: Decodable, Equatable, Sendable {
        public let item: String
        public let user: String?
        public let sequence: Int64?
        public let quantity: Int64?
        public let attempt: Int64?
        public let order: String?
        public let reference: String?
        public let reason: String?
        public let unitReturned: Bool?
    }

    public let specversion: String
    public let id: String
    public let source: String
    public let type: String
    public let subject: String
    public let time: String
    public let datacontenttype: String
    public let data: Details
}
