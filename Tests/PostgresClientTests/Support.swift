import Base
import EventLoop
import TestKit

@testable import PostgresClient

typealias Outcome = Result<PostgresRows, PostgresFailure>

extension PostgresConnection {
    /// Starts, and runs the loop until ready.
    func connect(_ loop: EventLoop) -> Bool {
        start()
        return loop.turns { isReady }
    }

    /// Sends one statement and runs the loop until its result is there.
    func ask(_ loop: EventLoop, _ sql: String, _ values: PostgresValue...) -> Outcome? {
        var result: Outcome?
        loop.turn(waitAtMost: .zero)  // so that its clock is of now, and not of before the test waited for something
        send(PostgresStatement(sql, values)) { result = $0 }
        _ = loop.turns { result != nil }
        return result
    }
}

extension Outcome {
    /// The first value of the first row.
    var first: String? { (try? get()).flatMap { $0.count > 0 ? $0[0, 0] : nil } }

    /// The SQLSTATE of a refusal.
    var code: String? {
        if case .failure(.refused(let refusal)) = self { refusal.code } else { nil }
    }
}
