/// What the server says of the item on sale. All numbers are units.
public struct ItemBody: Sendable, Equatable {
    public var state: String
    public var stockTotal: Int64
    public var stockLeft: Int64
    public var held: Int64
    public var sold: Int64

    public init(state: String, stockTotal: Int64, stockLeft: Int64, held: Int64, sold: Int64) {
        self.state = state
        self.stockTotal = stockTotal
        self.stockLeft = stockLeft
        self.held = held
        self.sold = sold
    }

    public init(json: [UInt8]) throws(MalformedJSON) {
        let object = try JSONObject(json)
        guard let state = try object.text("state"), let stockTotal = try object.integer("stock_total"),
            let stockLeft = try object.integer("stock_left"), let held = try object.integer("held"),
            let sold = try object.integer("sold")
        else { throw MalformedJSON("an item without its state or stock") }
        self.init(state: state, stockTotal: stockTotal, stockLeft: stockLeft, held: held, sold: sold)
    }
}
