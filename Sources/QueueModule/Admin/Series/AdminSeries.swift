import Base
import Domain
import HTTPServer
import Store

/// Shows operators how an item's counters went over time.
final class AdminSeries {
    private let parts: EndpointParts

    init(_ parts: EndpointParts) { self.parts = parts }

    func show(_ name: ItemName, _ request: borrowing Request, _ exchange: ExchangeID) {
        let query: SeriesQuery
        do throws(SeriesQuery.Refusal) {
            query = try request.withQuery { (query) throws(SeriesQuery.Refusal) in try SeriesQuery(query) }
        } catch {
            return parts.refuse(exchange, .invalidRequest(error.reason))
        }
        parts.directory.read(name) { [unowned self] result in
            switch result {
            case .failure(let failure): parts.refuse(exchange, after: failure)
            case .success(let snapshot):
                guard let seconds = query.seconds(now: snapshot.storeTime) else {
                    return parts.refuse(exchange, .invalidRequest("no second begins between from and to"))
                }
                SeriesStream(
                    parts, exchange, of: name, incarnation: snapshot.incarnation, query.step, in: seconds
                ).start()
            }
        }
    }
}
