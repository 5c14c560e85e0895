import Base
import Domain
import PostgresClient

extension OrderTable {
    static let placing = String(decoding: PackageResources.place_sql, as: UTF8.self)

    /// Places orders in one transaction and returns what the table holds of each then; in the order of `rows`.
    ///
    /// Idempotent: the same purchase gets the same answer, always. Nil for one that met another transaction under way
    /// and is to be placed again, and for one whose sequence another buyer's order has: then the row was made for an
    /// earlier item of the name.
    /// - Parameter rows: at most `Limits.batch`.
    public func place(
        _ rows: [OrderRow], completion: @escaping (Result<[OrderAnswer?], OrderTableFailure>) -> Void
    ) {
        precondition(rows.count <= Limits.batch)
        send(
            Self.placing,
            [
                .texts(rows.map(\.ticket)), .texts(rows.map(\.item.description)), .texts(rows.map(\.incarnationText)),
                .texts(rows.map(\.user)), .integers(rows.map { Int64(truncatingIfNeeded: $0.keyDigest) }),
                .integers(rows.map(\.sequence)), .integers(rows.map(\.quantity)), .integers(rows.map(\.attempt)),
                .integers(rows.map(\.admittedAt.milliseconds)),
            ]
        ) { result in
            switch result {
            case .failure(let failure): completion(.failure(OrderTableFailure(failure)))
            case .success(let answered):
                guard let answers = Self.answers(answered, count: rows.count) else {
                    return completion(.failure(.unexpectedReply))
                }
                completion(.success(answers))
            }
        }
    }

    /// Reads rows of place, state, reason and reference.
    private static func answers(_ rows: PostgresRows, count: Int) -> [OrderAnswer?]? {
        guard rows.columnCount == 4 else { return nil }
        var answers = [OrderAnswer?](repeating: nil, count: count)
        for row in 0..<rows.count {
            guard let place = rows[row, 0].flatMap({ Int($0) }), (1...count).contains(place) else { return nil }
            switch (rows[row, 1], rows[row, 2], rows[row, 3]) {
            case ("confirmed", _, let reference?): answers[place - 1] = .confirmed(reference: reference)
            case ("refused", let reason, _): answers[place - 1] = .refused(reason: reason ?? "refused")
            default: return nil
            }
        }
        return answers
    }
}
