import Base
import Domain
import Foundation
import Testing

@testable import Operations

@Suite struct NodeDescriptionTests {
    private var queue: NodeDescription {
        var node = NodeDescription(id: "queue \"1\"\n", role: "queue", pid: 42, isReady: true)
        (node.http, node.admin) = ("http://127.0.0.1:8080", "a")
        node.add("accepted", 7)
        node.add("connections", -1)
        (node.machine, node.store, node.keys) = ("m", "s", ["aa"])
        return node
    }

    private func object(_ node: NodeDescription) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(node.json.utf8)) as? [String: Any]
        return try #require(value)
    }

    @Test func `a node describes itself as one JSON object, whatever its name`() throws {
        let object = try object(queue)
        #expect(object["id"] as? String == "queue \"1\"\n" && object["name"] as? String == object["id"] as? String)
        #expect(object["role"] as? String == "queue" && object["pid"] as? Int == 42 && object["ready"] as? Bool == true)
        #expect(object["http"] as? String == "http://127.0.0.1:8080" && object["admin"] as? String == "a")
        #expect(object["version"] as? String == BuildVersion.current)
        #expect(object["figures"] as? [String: Int] == ["accepted": 7, "connections": -1])
        #expect(object["ops"] == nil && object["sink"] == nil && object["resources"] == nil)
    }

    @Test func `the fields of each role are written as every release has written them`() {
        #expect(
            queue.json.hasSuffix(
                #""ready":true,"reasons":[],"http":"http://127.0.0.1:8080","admin":"a","#
                    + #""figures":{"accepted":7,"connections":-1},"machine":"m","store":"s","keys":["aa"]}"#))
        var worker = NodeDescription(id: "w", role: "worker", pid: 1, isReady: false)
        (worker.reasons, worker.ops) = (["postgres: away"], "http://127.0.0.1:1")
        worker.add("settled", 3)
        (worker.keys, worker.sink) = ([], .init(kind: "none", group: nil))
        #expect(
            worker.json.hasSuffix(
                #""ready":false,"reasons":["postgres: away"],"ops":"http://127.0.0.1:1","figures":{"settled":3},"#
                    + #""keys":[],"sink":"none","sink_group":null}"#))
        var scheduler = NodeDescription(id: "s", role: "scheduler", pid: 1, isReady: true)
        scheduler.resources = []
        scheduler.stalled = [.init(item: "demo", milliseconds: 20_000)]
        #expect(
            scheduler.json.hasSuffix(#""figures":{},"resources":[],"stalled":[{"item":"demo","ms":20000}]}"#))
    }

    @Test func `what is judged of a node is read as it was written`() throws {
        let read = try #require(NodeDescription(json: queue.json))
        var expected = queue
        (expected.admin, expected.figures) = (nil, [])  // nobody judges these
        #expect(read == expected)
    }

    @Test func `an entry of the list is read, with what another release added to it`() throws {
        let text = """
            {"id":"s","name":"s","role":"scheduler","pid":7,"ready":true,"http":"h","keys":["aa"],"machine":"m",
             "figures":{"leads":1,"led_ms":5,"of_tomorrow":[1]},"of_tomorrow":{"a":[]},"fingerprints":{"a":"ab"},
             "resources":[{"kind":"group","name":"shop","breaker":"open","window":2},{"name":"w","breaker":null}]}
            """
        let node = try #require(NodeDescription(json: text))
        #expect(node.id == "s" && node.pid == 7 && node.machine == "m" && node.keys == ["aa"] && node.http == "h")
        #expect(node.figure("leads") == 1 && node.figure("led_ms") == 5 && node.figure("workers") == nil)
        #expect(node.resources?.map(\.name) == ["shop", "w"] && node.resources?.map(\.isGroup) == [true, false])
        #expect(node.resources?.map(\.breaker) == ["open", nil] && node.version.isEmpty)
        #expect(node.fingerprints == [ClusterFacts.Fingerprint("a", "ab")])
    }

    @Test(arguments: ["", "{", "[]", "{}", #"{"id":7}"#, #"{"id":"q","pid":"x"}"#, #"{"id":"q","keys":"k"}"#])
    func `what no process of ours wrote is no description`(text: String) {
        #expect(NodeDescription(json: text) == nil)
    }
}

@Test func `a leader describes the webhooks that do not stand as they should`() {
    var node = NodeDescription(id: "s", role: "scheduler", pid: 1, isReady: true)
    var webhook = ClusterFacts.Webhook("shop")
    (webhook.failingMilliseconds, webhook.reason, webhook.dead, webhook.gaps) = (61_000, "status 500", 2, 1)
    (webhook.isGone, webhook.isFull) = (true, true)
    node.webhooks = [webhook, ClusterFacts.Webhook("other")]
    #expect(NodeDescription(json: node.json)?.webhooks == node.webhooks)
    node.webhooks = nil
    #expect(!node.json.contains("webhooks") && NodeDescription(json: node.json)?.webhooks == nil)
}
