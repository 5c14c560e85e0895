import Foundation

/// The calls before and after a test: whether the server is there, the item made, the item's figures.
public struct ServerClient {
    private static let patience = Nanoseconds.seconds(5)
    private let endpoint: Endpoint

    public init(_ endpoint: Endpoint) { self.endpoint = endpoint }

    /// Whether a server listens and is ready; false when nothing listens there.
    public func isServing() throws(Trouble) -> Bool {
        let response: Response
        do throws(Loss) {
            response = try get("/readyz")
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
            response = try SingleRequest.run(bytes, to: admin, within: Self.patience)
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
        let response = try? SingleRequest.run(bytes, to: admin, within: Self.patience)
        return response?.status == 200
    }

    public func show(_ item: String) throws(Trouble) -> ItemBody {
        do {
            let response = try get("/v1/items/\(item)")
            guard response.status == 200 else { throw Trouble("\(response.status) \(Self.text(response))") }
            return try ItemBody(json: response.body)
        } catch { throw Trouble("item \(item) cannot be read: \(error)") }
    }

    /// The item once it counts `sold` more than `before`, or as it is at `end`; nil when it cannot be read.
    public func settled(_ item: String, before: Int64 = 0, sold: Int64, by end: Nanoseconds) -> ItemBody? {
        while true {
            let seen = try? show(item)
            if let seen, seen.sold - before == sold, seen.held == 0 { return seen }
            if Nanoseconds.now >= end { return seen }
            Thread.sleep(forTimeInterval: 0.1)
        }
    }

    private func get(_ path: String) throws(Loss) -> Response {
        var bytes: [UInt8] = []
        RequestWriter(to: endpoint).get(path, into: &bytes)
        return try SingleRequest.run(bytes, to: endpoint, within: Self.patience)
    }

    private static func text(_ response: Response) -> String {
        String(decoding: response.body.prefix(300), as: UTF8.self)
    }
}
