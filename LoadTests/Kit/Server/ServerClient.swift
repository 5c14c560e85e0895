import Foundation

/// What is asked of the server before and after a test: whether it is there, the item made, the item's figures.
public struct ServerClient {
    private static let patience = Nanoseconds.seconds(5)
    private let poller: Poller
    private let endpoint: Endpoint

    public init(_ endpoint: Endpoint, on poller: Poller) {
        self.endpoint = endpoint
        self.poller = poller
    }

    /// Whether a server listens and is ready; false when nothing listens there.
    public func isServing() throws(Trouble) -> Bool {
        let response: Response
        do throws(Loss) {
            response = try ask("/readyz")
        } catch {
            if error == .notConnected { return false }
            throw Trouble("what listens at \(endpoint.url) does not speak HTTP as a sluice does: \(error)")
        }
        guard response.status == 200 else {
            throw Trouble("\(endpoint.url)/readyz says \(response.status): \(Self.text(response))")
        }
        return true
    }

    /// Makes an item through the admin listener `admin`.
    public func make(
        _ item: String, units: Int, queueLimit: Int?, admin: Endpoint, token: AdminToken
    ) throws(Trouble) {
        let token = try token.read()
        var bytes: [UInt8] = []
        let limit = queueLimit.map { #","queue_limit":\#($0)"# } ?? ""
        RequestWriter(to: admin).send(
            "PUT", "/admin/v1/items/\(item)", headers: "Authorization: Bearer \(token)\r\n",
            json: #"{"stock":\#(units)\#(limit)}"#, into: &bytes)
        let response: Response
        do throws(Loss) {
            response = try SingleRequest.run(bytes, to: admin, within: Self.patience, on: poller)
        } catch { throw Trouble("the admin listener \(admin.url) gave no answer: \(error)") }
        guard response.status == 201 else {
            throw Trouble("\(admin.url) did not make item \(item): \(response.status) \(Self.text(response))")
        }
    }

    /// Closes an item that was made for a test, so that it is out of the way of others; true when it is closed.
    @discardableResult
    public func close(_ item: String, admin: Endpoint, token: AdminToken) -> Bool {
        guard let token = try? token.read() else { return false }
        var bytes: [UInt8] = []
        RequestWriter(to: admin).send(
            "POST", "/admin/v1/items/\(item)/close", headers: "Authorization: Bearer \(token)\r\n", json: "{}",
            into: &bytes)
        let response = try? SingleRequest.run(bytes, to: admin, within: Self.patience, on: poller)
        return response?.status == 200
    }

    public func show(_ item: String) throws(Trouble) -> ItemBody {
        do {
            let response = try ask("/v1/items/\(item)")
            guard response.status == 200 else { throw Trouble("\(response.status) \(Self.text(response))") }
            return try ItemBody(json: response.body)
        } catch { throw Trouble("item \(item) cannot be read: \(error)") }
    }

    /// The item once it counts `sold` more than `before`, or as it is after some seconds; nil when it cannot be read.
    public func settled(_ item: String, before: ItemBody, sold: Int64) -> ItemBody? {
        let end = Poller.clock + .seconds(3)
        while true {
            let seen = try? show(item)
            if let seen, seen.sold - before.sold == sold, seen.held == 0 { return seen }
            if Poller.clock >= end { return seen }
            poller.turn(until: Poller.clock + .milliseconds(100))
        }
    }

    /// The items of `ledger` once they count as sold what buyers know of, or as they are after some seconds; nil for
    /// each that cannot be read.
    public func settled(_ ledger: SaleLedger) -> [ItemBody?] {
        let end = Poller.clock + .seconds(3)
        return ledger.items.map { item in
            while true {
                let seen = try? show(item.name)
                if let seen, seen.sold == item.sold, seen.held == 0 { return seen }
                if Poller.clock >= end { return seen }
                poller.turn(until: Poller.clock + .milliseconds(100))
            }
        }
    }

    private func ask(_ path: String) throws(Loss) -> Response {
        var bytes: [UInt8] = []
        RequestWriter(to: endpoint).get(path, into: &bytes)
        return try SingleRequest.run(bytes, to: endpoint, within: Self.patience, on: poller)
    }

    private static func text(_ response: Response) -> String {
        String(decoding: response.body.prefix(300), as: UTF8.self)
    }
}
