import Foundation

/// When each purchase of an item was sold, as the feed of its events dates it: the middle of the millisecond it names.
struct SaleTimes {
    private static let patience = Nanoseconds.seconds(5)
    private static let half = Nanoseconds(500_000)
    private static let mostPages = 1_000  // of 1,000 events

    private struct Event: Decodable {
        struct Subject: Decodable { let sequence: Int64? }

        let id: String
        let type: String
        let time: String
        let data: Subject
    }

    private var soldAt: [Int64: Nanoseconds] = [:]  // by sequence, on the monotonic clock of this machine

    /// Nil where the feed can't be read.
    init?(of item: String, admin: Endpoint, token: AdminToken) {
        guard let token = try? token.read() else { return nil }
        let wall = Nanoseconds(Int64(Date().timeIntervalSince1970 * 1e9)) - Nanoseconds.now
        let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        var after = ""
        for _ in 0..<Self.mostPages {
            var bytes: [UInt8] = []
            let path = "/admin/v1/events?item=\(item)&limit=1000\(after)"
            RequestWriter(to: admin).get(path, headers: "Authorization: Bearer \(token)\r\n", into: &bytes)
            guard let response = try? SingleRequest.run(bytes, to: admin, within: Self.patience),
                response.status == 200,
                let events = try? JSONDecoder().decode([Event].self, from: Data(response.body))
            else { return nil }
            for event in events where event.type == "sluice.ticket.sold" {
                guard let sequence = event.data.sequence, let time = try? format.parse(event.time) else { return nil }
                soldAt[sequence] = Nanoseconds(Int64(time.timeIntervalSince1970 * 1e9)) + Self.half - wall
            }
            guard let last = events.last else { return }
            after = "&after=\(last.id)"
        }
    }

    /// From the press of each winner to the event of the sale.
    func waits(of buyers: [Buyer]) -> Histogram {
        var waits = Histogram()
        for buyer in buyers where buyer.final == .sold {
            guard let sequence = buyer.sequence, let time = soldAt[sequence] else { continue }
            waits.record(max(.zero, time - buyer.pressAt))
        }
        return waits
    }
}
