import Base
public import EventLoop
public import HTTPServer

/// The second listener: settings, figures and the list of orders, for rehearsals and their judges.
public final class ControlServer {
    private static let pageSize = 1_000

    private let driver: ServiceDriver
    private let orders: OrderServer
    private var server: HTTPServer!

    public init(driver: ServiceDriver, orders: OrderServer, address: String, port: UInt16) throws(SystemError) {
        self.driver = driver
        self.orders = orders
        server = try HTTPServer(
            loop: driver.loop, address: address, port: port, limits: .adminListener, handler: self, reusePort: false)
    }

    public var port: UInt16 { server.port }

    public func close() { server.close() }

    private func answer(_ exchange: ExchangeID, status: Int = 200, _ body: (inout JSONWriter) -> Void) {
        server.respond(to: exchange) { response in
            response.status = status
            response.contentType(status < 400 ? "application/json" : "application/problem+json")
            response.body.appendJSON { body(&$0) }
        }
    }

    private func refuse(_ exchange: ExchangeID, _ status: Int, _ detail: String) {
        answer(exchange, status: status) { json in
            json.beginObject()
            json.field("type", constant: "about:blank")
            json.field("status", Int64(status))
            json.field("detail", detail)
            json.endObject()
        }
    }
}

extension ControlServer: HTTPHandler {
    public func handle(_ request: borrowing Request, exchange: ExchangeID) {
        let path = request.withPath { String(utf8: $0) }
        switch (path, request.method) {
        case ("/control", .get): answer(exchange) { driver.service.settings.write(to: &$0) }
        case ("/control", .put): change(request, exchange)
        case ("/stats", .get): stats(exchange)
        case ("/orders", .get): list(request, exchange)
        case ("/reset", .post):
            driver.withService { service, now, answers in answers += service.reset(now: now) }
            orders.resetFigures()
            stats(exchange)
        case ("/reset/figures", .post):
            driver.withService { service, now, _ in service.resetFigures(now: now) }
            orders.resetFigures()
            stats(exchange)
        default:
            refuse(
                exchange, 404,
                "known: GET and PUT /control, GET /stats, GET /orders?after=, POST /reset, POST /reset/figures")
        }
    }

    private func change(_ request: borrowing Request, _ exchange: ExchangeID) {
        var settings = driver.service.settings
        do throws(JSONError) {
            try request.withBody { (body) throws(JSONError) in try settings.change(by: body) }
        } catch {
            return refuse(exchange, 400, error.description)
        }
        driver.withService { service, now, _ in service.change(to: settings, now: now) }
        answer(exchange) { settings.write(to: &$0) }
    }

    /// `?after=` the number of the last one seen; pages of 1,000.
    private func list(_ request: borrowing Request, _ exchange: ExchangeID) {
        let query = request.withQuery { String(utf8: $0) }
        var after = 0
        if !query.isEmpty {
            guard query.hasPrefix("after="), let number = Int(query.dropFirst(6)), number >= 0 else {
                return refuse(exchange, 400, "after must be the number of an order, 0 for the first page")
            }
            after = number
        }
        let entries = driver.service.book.entries
        let page = entries.indices.dropFirst(after).prefix(Self.pageSize)
        answer(exchange) { json in
            json.beginObject()
            json.key("orders")
            json.beginArray()
            for index in page { Self.write(entries[index], number: index + 1, to: &json) }
            json.endArray()
            json.field("next", page.upperBound < entries.count ? Int64(page.upperBound) : nil)
            json.endObject()
        }
    }

    private static func write(_ entry: OrderBook.Entry, number: Int, to json: inout JSONWriter) {
        json.beginObject()
        json.field("number", Int64(number))
        json.field("id", entry.key)
        json.field("ticket", entry.ticket)
        json.field("calls", Int64(entry.calls))
        switch entry.status {
        case .pending: json.field("status", constant: "pending")
        case .confirmed: json.field("status", constant: "confirmed")
        case .refused: json.field("status", constant: "refused")
        }
        if case .confirmed(let order) = entry.status {
            json.field("order", "order-\(order)")
        } else {
            json.nullField("order")
        }
        json.endObject()
    }

    // MARK: Figures

    private func stats(_ exchange: ExchangeID) {
        driver.withService { _, _, _ in }  // what is due is done, so that the figures are of this moment
        let (service, now) = (driver.service, driver.loop.now)
        answer(exchange) { json in
            json.beginObject()
            writeCalls(service.figures, to: &json)
            json.field("calls_in_busiest_second", Int64(service.busiestSecond))
            json.field("calls_rejected", Int64(orders.rejected))
            json.field("in_service", Int64(service.inService))
            json.field("queued", Int64(service.queued))
            json.field("collapses", Int64(service.collapses))
            json.field("is_collapsed", service.isBroken(at: now))
            json.field("collapsed_ms", service.brokenTime(now).wholeMilliseconds)
            json.field("elapsed_us", (now - service.figures.began).wholeMicroseconds)
            json.field("overloaded_ms", service.figures.overloadedTime(now).wholeMilliseconds)
            writeBook(service.book, to: &json)
            json.endObject()
        }
    }

    private func writeCalls(_ figures: ServiceFigures, to json: inout JSONWriter) {
        json.field("calls", Int64(figures.calls))
        json.field("completed", Int64(figures.completed))
        json.field("turned_away", Int64(figures.turnedAway))
        json.field("failed", Int64(figures.failed))
        json.field("gap_us_p1", figures.gaps.quantile(perMille: 10))
        json.field("gap_us_p50", figures.gaps.quantile(perMille: 500))
        json.field("service_us_p50", figures.service.quantile(perMille: 500))
        json.field("service_us_p99", figures.service.quantile(perMille: 990))
        json.field("stay_us_p50", figures.stay.quantile(perMille: 500))
        json.field("stay_us_p99", figures.stay.quantile(perMille: 990))
        for (name, seconds) in [
            ("calls_by_second" as StaticString, figures.callsBySecond),
            ("completed_by_second", figures.completedBySecond),
        ] {
            json.key(name)
            json.beginArray()
            for count in seconds { json.integer(Int64(count)) }
            json.endArray()
        }
    }

    private func writeBook(_ book: OrderBook, to json: inout JSONWriter) {
        json.field("orders", Int64(book.orders))
        json.field("refusals", Int64(book.refusals))
        json.field("duplicates", Int64(book.duplicates))
        let counts = book.callCounts
        json.key("keys")
        json.beginObject()
        json.field("all", Int64(book.entries.count))
        json.field("called_once", Int64(counts.once))
        json.field("called_twice", Int64(counts.twice))
        json.field("called_more_often", Int64(counts.more))
        json.field("most_calls", Int64(counts.most))
        json.endObject()
    }
}
