import Base
import Domain
import HTTPServer
import Operations

/// Changes the delay sink while it runs, over the ops listener.
struct DelaySwitch {
    let sink: DelaySink

    /// Answers `PUT /ops/v1/delay {"ms":20,"slots":4,"variation_percent":50}`, where a field left out keeps its value
    /// and an unknown one is refused, and `GET`; false for anything else. Both show how long purchases stayed in the
    /// sink since the last change.
    func handle(_ request: borrowing Request, _ exchange: ExchangeID, _ server: HTTPServer) -> Bool {
        let isDelay = request.withPath { String(utf8: $0) } == "/ops/v1/delay"
        guard isDelay, request.method == .put || request.method == .get else { return false }
        var settings = sink.settings
        if request.method == .put {
            do throws(JSONError) {
                try request.withBody { (body) throws(JSONError) in try Self.read(body, into: &settings) }
            } catch {
                server.refuse(exchange, error.description, title: "The request is not valid")
                return true
            }
            sink.change(to: settings)
        }
        server.respond(to: exchange) { response in
            response.contentType("application/json")
            response.body.appendJSON { json in
                json.beginObject()
                json.field("ms", settings.delay.wholeMilliseconds)
                json.field("slots", Int64(settings.slots))
                json.field("variation_percent", settings.variationPercent)
                json.key("stay_us")
                Self.write(sink.stays, to: &json)
                json.endObject()
            }
        }
        return true
    }

    private static func write(_ stays: Histogram, to json: inout JSONWriter) {
        json.beginObject()
        json.field("count", Int64(clamping: stays.count))
        json.field("p50", stays.quantile(perMille: 500))
        json.field("p99", stays.quantile(perMille: 990))
        json.key("buckets")  // least, largest, count
        json.beginArray()
        stays.forEachBucket { least, largest, count in
            json.beginArray()
            json.integer(least)
            json.integer(largest)
            json.integer(Int64(clamping: count))
            json.endArray()
        }
        json.endArray()
        json.endObject()
    }

    static func read(_ body: Span<UInt8>, into settings: inout DelaySink.Settings) throws(JSONError) {
        try fields.read(body, into: &settings)
    }

    private static func bounds(_ range: ClosedRange<Int>) -> ClosedRange<Int64> {
        Int64(range.lowerBound)...Int64(range.upperBound)
    }

    private static let fields = StrictObject<DelaySink.Settings>([
        .init("ms") { (json, settings) throws(JSONError) in
            settings.delay = .milliseconds(try json.integer(in: bounds(KnownOptions.delayRange)))
        },
        .init("slots") { (json, settings) throws(JSONError) in
            settings.slots = Int(try json.integer(in: bounds(KnownOptions.delaySlotsRange)))
        },
        .init("variation_percent") { (json, settings) throws(JSONError) in
            settings.variationPercent = try json.integer(in: 0...100)
        },
    ])
}
