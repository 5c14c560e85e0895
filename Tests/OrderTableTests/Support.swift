import Base
import Domain
import EventLoop
import TestKit

@testable import OrderTable

/// The table of orders in a schema of its own, on a loop that the test turns.
final class Rig {
    let loop: EventLoop
    let server: PostgresServerProcess
    let url: String
    let table: OrderTable

    init(
        url: String? = nil, connections: Int = 2, deadline: TimeSpan = .seconds(2), isMade: Bool = true
    ) throws {
        server = try PostgresServerProcess.shared()
        self.url = try url ?? server.makeSchema()
        loop = try EventLoop()
        var options = try OrderTableOptions(url: self.url, name: "order table tests")
        options.connections = connections
        options.deadline = deadline
        table = OrderTable(loop: loop, options: options)
        table.start()
        _ = turns { table.readyConnections == connections }
        if isMade { _ = create() }
    }

    /// Runs turns until `condition` holds; false when it does not within 20 s.
    func turns(until condition: () -> Bool) -> Bool {
        loop.turns(until: condition)
    }

    func create() -> Result<Void, OrderTableFailure>? {
        var result: Result<Void, OrderTableFailure>?
        table.create { result = $0 }
        _ = turns { result != nil }
        return result
    }

    func check() -> OrderTable.Check? {
        var result: OrderTable.Check?
        table.check { result = $0 }
        _ = turns { result != nil }
        return result
    }

    func place(_ rows: [OrderRow]) -> Result<[OrderAnswer?], OrderTableFailure>? {
        var result: Result<[OrderAnswer?], OrderTableFailure>?
        loop.turn(waitAtMost: .zero)  // so that its clock is of now, and not of before the test waited for something
        table.place(rows) { result = $0 }
        _ = turns { result != nil }
        return result
    }

    func sql(_ text: String) throws -> String { try server.sql(text, in: url) }
}

/// A purchase of `sequence`, of a user of its own unless one is named.
func row(
    _ sequence: Int64, user: String? = nil, key: UInt64 = 0, ticket: String? = nil, incarnation: UInt64 = 0xABC
) -> OrderRow {
    OrderRow(
        ticket: ticket ?? "ticket-\(sequence)", item: ItemName("shoes")!, incarnation: incarnation,
        user: user ?? "user-\(sequence)", keyDigest: key, sequence: sequence, quantity: 1, attempt: 1,
        admittedAt: WallInstant(milliseconds: 1_795_000_000_123))
}

extension Optional<OrderAnswer> {
    var isConfirmed: Bool { if case .confirmed? = self { true } else { false } }
}
