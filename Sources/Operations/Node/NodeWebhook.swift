import Base
import Domain

extension ClusterFacts.Webhook {
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("name", name)
        json.field("failing_ms", failingMilliseconds)
        json.field("reason", reason)
        json.field("gone", isGone)
        json.field("full", isFull)
        json.field("dead", dead)
        json.field("gaps", gaps)
        json.endObject()
    }

    init(_ json: inout JSONReader) throws(JSONError) {
        self.init("")
        try json.beginObject()
        while let key = try json.nextKey() {
            if json.matches(key, "name") {
                name = json.copy(try json.string())
            } else if json.matches(key, "failing_ms") {
                failingMilliseconds = try json.integer()
            } else if json.matches(key, "reason") {
                reason = json.copy(try json.string())
            } else if json.matches(key, "gone") {
                isGone = try json.bool()
            } else if json.matches(key, "full") {
                isFull = try json.bool()
            } else if json.matches(key, "dead") {
                dead = try json.integer()
            } else if json.matches(key, "gaps") {
                gaps = try json.integer()
            } else {
                try json.skip()
            }
        }
    }
}
