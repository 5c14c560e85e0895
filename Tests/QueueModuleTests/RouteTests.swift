import Operations
import Testing

@testable import QueueModule

private func route(_ path: String) -> PublicRoute { PublicRoute(path.utf8.span) }

@Test func `a path of the public listener is read, with the place of the name`() {
    #expect(route("/v1/items/demo") == .item(10..<14))
    #expect(route("/v1/items/demo/purchases") == .purchases(item: 10..<14))
    #expect(route("/v1/tickets/AQbc-_") == .ticket(12..<18))
    #expect(route("/livez") == .health(.livez))
    #expect(route("/readyz") == .health(.readyz))
    #expect(route("/version") == .health(.version))
    #expect(route("/openapi.json") == .openAPI)
    #expect(route("/") == .page(.start) && route("/buy") == .page(.chosen))
    #expect(route("/buy/demo") == .page(.item(5..<9)) && route("/page/page.js") == .page(.file(6..<13)))
    #expect(route("/buy/demo/ticket/AQbc-_") == .page(.ticket(17..<23, item: 5..<9)))
}

@Test(arguments: [
    "", "/v1", "/v1/", "/v1/items", "/v1/item/demo", "/V1/items/demo", "/v1/items/demo/",
    "/v1/items/demo/purchase",
    "/v1/items/demo/purchases/", "/v1/items/demo/purchases/x", "/v1/items/a/b/purchases", "/v1/tickets",
    "/v1/tickets/a/",
    "/v1/tickets/a/events/x", "/livez/", "/livezz", "livez", "/metrics", "/admin/v1/items", "/admin/v1/nodes",
    "//livez",
    "/v1//items/demo", "/openapi.json/", "/page", "/page/a/b", "/page/../x", "/buy/demo/", "/buy/demo/ticket",
    "/buy/demo/ticket/a/b",
    "/buy/demo/tickets/a", "/buys", "/Buy/demo", "//",
])
func `the public listener has nothing at any other path, and no admin route`(path: String) {
    #expect(route(path) == .unknown)
}

@Test func `an empty name is a place, which no item and no ticket has`() {
    #expect(route("/v1/items/") == .item(10..<10))
    #expect(route("/v1/items//purchases") == .purchases(item: 10..<10))
    #expect(route("/v1/tickets/") == .ticket(12..<12))
}

private func admin(_ path: String) -> AdminRoute { AdminRoute(path.utf8.span) }

@Test func `a path of the admin listener is read`() {
    #expect(admin("/metrics") == .metrics)
    #expect(admin("/admin/v1/items") == .items)
    #expect(admin("/admin/v1/nodes") == .nodes)
    #expect(admin("/admin/v1/health") == .troubles && admin("/readyz") == .health(.readyz))
    #expect(admin("/admin/v1/items/demo") == .item("demo"))
    #expect(admin("/admin/v1/tickets/AQbc-_/payment") == .payment(ticket: 18..<24))
    #expect(admin("/admin/v1/tickets/AQbc-_/refund") == .refund(ticket: 18..<24))
    #expect(admin("/admin/v1/tickets/AQbc-_/settle") == .settle(ticket: 18..<24))
    #expect(admin("/admin/v1/items/demo/doubts") == .doubts(item: "demo") && admin("/admin/v1/doubts") == .allDoubts)
    #expect(admin("/admin/v1/items/demo/purchases") == .purchases(item: "demo"))
    #expect(admin("/admin/v1/items/demo/series") == .series(item: "demo"))
    #expect(admin("/admin/v1/items/demo/archive") == .archive(item: "demo"))
    #expect(admin("/admin/v1/users/ann%2f") == .user("ann%2f"))
    for action in ["pause", "resume", "close", "restock"] {
        #expect(admin("/admin/v1/items/demo/\(action)") == .action(action, item: "demo"))
    }
}

@Test(arguments: [
    "", "/", "/metrics/", "metrics", "/admin", "/admin/v1", "/admin/v1/", "/admin/v2/items",
    "/admin/v1/items/demo/open",
    "/admin/v1/items/demo/pause/", "/admin/v1/nodes/", "/admin/v1/nodes/a", "/x/admin/v1/items", "/v1/items/demo",
    "/admin/v1/items/demo/purchases/", "/admin/v1/users", "/admin/v1/users/ann/x", "/v1/users/ann",
    "/admin/v1/tickets", "/admin/v1/tickets/", "/admin/v1/tickets/T", "/admin/v1/tickets/T/", "/admin/v1/tickets/T/pay",
    "/admin/v1/tickets/T/payment/", "/admin/v1/tickets/T/x/payment",
    "/admin/v1/tickets/T/settle/", "/admin/v1/doubts/", "/admin/v1/doubts/demo", "/admin/v1/items/demo/doubts/",
])
func `the admin listener has nothing at any other path`(path: String) {
    #expect(admin(path) == .unknown)
}
