import Base
import Domain
import HTTPServer
import Operations

/// Changes the delay sink while it runs: `PUT /ops/v1/delay {"ms":20,"slots":4,"variation_percent":50}`, where what is
/// left out stays and what is not known is refused, and `GET`. Both answer how long purchases stayed in the sink since
/// the last change.
struct DelaySwitch {
    static let path = "/ops/v1/delay"
    let sink: DelaySink

    /// Nil for another method.
    func answer(_ method: Method, _ body: Span<UInt8>) -> SwitchAnswer? {
        guard method == .put || method == .get else { return nil }
        var settings = sink.settings
        if method == .put {
            do throws(JSONError) {
                try Self.read(body, into: &settings)
            } catch {
                return .refused(error.description, title: "The request is not valid")
            }
            sink.change(to: settings)
        }
        return SwitchAnswer { json in
            json.field("ms", settings.delay.wholeMilliseconds)
            json.field("slots", Int64(settings.slots))
            json.field("variation_percent", settings.variationPercent)
            json.key("stay_us")
            Self.write(sink.stays, to: &json)
        }
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
