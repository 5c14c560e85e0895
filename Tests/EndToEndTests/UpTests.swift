import Base
import Foundation
import TestKit
import Testing

extension EndToEnd {
    /// `sluice up`: everything on one machine.
    @Suite struct OneMachine {
        @Test func `serves with one command and lists its children`() throws {
            let up = try Up()
            #expect(up.ready.urls == ["http://\(up.shop.http.authority)"], "\(up.program.output)")
            let names = try up.children().map(\.name)
            for kind in ["queue", "scheduler", "worker"] {
                #expect(names.contains { $0.contains(kind) }, "\(names)")
            }
            try up.shop.putItem("i", stock: 1)
            let ticket = try up.shop.buy("i", user: "a")
            #expect(try up.shop.untilFinal(ticket.ticket, within: .seconds(5)).state == "sold")
            for child in try up.children() {
                guard let ops = child.ops.flatMap(Endpoint.init(url:)), !child.name.contains("redis") else { continue }
                #expect(try HTTPClient(ops).get("/livez").status == 200, "\(child)")
            }
        }

        @Test func `keeps its secrets for its owner alone`() throws {
            let up = try Up()
            let expected: [(String, Int)] = [("admin-token", 0o600), ("ticket-key", 0o600), ("redis", 0o700)]
            for (name, mode) in expected {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(up.data)/\(name)")
                #expect(attributes[.posixPermissions] as? Int == mode, "\(name)")
            }
            let key = try String(contentsOfFile: "\(up.data)/ticket-key", encoding: .utf8)
            #expect(key.split(separator: "\n").allSatisfy { $0.count == 64 && $0.allSatisfy(\.isHexDigit) })
        }

        @Test func `a second one on the same folder is refused with the reason`() throws {
            let up = try Up()
            let second = try Program(
                "sluice", ["up", "--data", up.data, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"],
                log: up.directory.file("second.log"))
            #expect(try second.wait(within: .seconds(5)) != 0)
            #expect((second.log + second.output).contains(up.data))
            #expect(try up.shop.client.get("/readyz").status == 200)
        }

        @Test func `keeps places and results over a clean restart of everything`() throws {
            let up = try Up()
            try up.shop.putItem("i", stock: 5)
            let sold = try up.shop.buy("i", user: "a")
            _ = try up.shop.untilFinal(sold.ticket, within: .seconds(5))
            let children = try up.children()
            up.program.terminate()
            #expect(try up.program.wait(within: .seconds(10)) == 0, "\(up.program.log.suffix(500))")
            #expect(eventually(within: .seconds(1)) { !children.contains { Signal.isAlive($0.pid) } })

            let again = try Program(
                "sluice",
                [
                    "up", "--data", up.data, "--listen", up.shop.http.authority, "--admin-listen",
                    up.shop.admin.endpoint.authority,
                ], log: up.directory.file("again.log"))
            _ = try again.ready(within: .seconds(15))
            #expect(try up.shop.poll(sold.ticket).state == "sold")
            #expect(try up.shop.purchase("i", user: "a").status == 200)
            let next = try up.shop.buy("i", user: "b")
            #expect(try up.shop.untilFinal(next.ticket, within: .seconds(5)).state == "sold")
            again.interrupt()
            #expect(try again.wait(within: .seconds(10)) == 0)
        }

        @Test func `killed itself, it leaves no child behind`() throws {
            let up = try Up()
            let children = try up.children()
            up.program.kill9()
            try up.program.wait()
            #expect(eventually(within: .seconds(2)) { !children.contains { Signal.isAlive($0.pid) } })
        }
    }
}
