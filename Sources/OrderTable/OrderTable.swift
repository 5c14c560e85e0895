public import Base
public import EventLoop
import PostgresClient

/// Where the table of orders is, and how its connections behave.
public struct OrderTableOptions: Sendable {
    var postgres: PostgresOptions
    /// Connections, each with one batch at a time.
    public var connections = 4

    /// - Parameter name: shown by the server's `pg_stat_activity`.
    /// - Throws: a text about what is wrong with the URL, which does not contain it.
    public init(url: String, name: String) throws(InvalidOrderTableURL) {
        do {
            postgres = try PostgresOptions(url: url)
        } catch {
            throw InvalidOrderTableURL(description: error.description)
        }
        postgres.name = name
    }

    /// For a whole batch; when it passes, its outcome is unknown.
    public var deadline: TimeSpan {
        get { postgres.deadline }
        set { postgres.deadline = newValue }
    }

    /// The server gives up a little before this client does. So the server reports that nothing was done, and no batch
    /// that was given up goes on waiting for a lock. And an order that is answered must outlive a crash, whatever the
    /// database's own default is. Both are set for one transaction: behind a pooler the session is another client's
    /// afterwards.
    var opening: String {
        """
        SELECT set_config('statement_timeout', '\(max(1, deadline.wholeMilliseconds * 9 / 10))', true),
            CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END
        """
    }
}

public struct InvalidOrderTableURL: Error, Sendable, CustomStringConvertible {
    public let description: String
}

/// The merchant's table of orders in PostgreSQL: the one truth about which purchase became an order.
///
/// Belongs to its loop's thread. Queues nothing and retries nothing; every call may be made again.
public final class OrderTable {
    /// Called when the table can be reached, and when it can't any more; the latter also when the reason changes.
    public var onUp: (() -> Void)?
    public var onDown: ((OrderTableFailure, String) -> Void)?
    let pool: PostgresPool
    private let opening: String

    public init(loop: EventLoop, options: OrderTableOptions) {
        opening = options.opening
        pool = PostgresPool(loop: loop, options: options.postgres, size: options.connections)
        pool.onUp = { [unowned self] in onUp?() }
        pool.onDown = { [unowned self] in onDown?(OrderTableFailure($0), $0.description) }
    }

    deinit { pool.close() }

    /// Begins to connect, from the next turn on and for ever. Further calls do nothing.
    public func start() { pool.start() }
    /// Ends all connections and stops trying.
    public func close() { pool.close() }

    /// Whether a call would be sent at once.
    public var hasRoom: Bool { pool.hasRoom }
    public var readyConnections: Int { pool.readyCount }
    /// Why no connection is usable; nil while one is, and before the first attempt has ended.
    public var downReason: String? { pool.downReason?.description }

    /// A transaction, with the settings that hold in it.
    func send(_ sql: String, _ values: [PostgresValue] = [], completion: @escaping PostgresCompletion) {
        pool.send(PostgresStatement(sql, values, first: opening), completion: completion)
    }

    // MARK: Set-up

    /// What `create` sends.
    public static let creation = String(decoding: PackageResources.create_sql, as: UTF8.self)

    /// What keeps an existing table `orders` from being a table of orders, in words; empty where nothing does.
    public func differences(completion: @escaping (Result<[String], OrderTableFailure>) -> Void) {
        send(String(decoding: PackageResources.differences_sql, as: UTF8.self)) { result in
            completion(
                result.map { rows in (0..<rows.count).compactMap { rows[$0, 0] } }.mapError(OrderTableFailure.init))
        }
    }

    /// Makes the table where it is missing.
    public func create(completion: @escaping (Result<Void, OrderTableFailure>) -> Void) {
        send(Self.creation) { completion($0.map { _ in }.mapError(OrderTableFailure.init)) }
    }

    public enum Check: Sendable, Equatable {
        case usable
        /// It did not answer.
        case unknown(OrderTableFailure)
        /// It can't be used as it is; finishes the sentence "the table of orders …".
        case unusable(String)
    }

    /// Checks whether the table is there, in its shape, with the rights that this login needs, and with the indexes
    /// that keep orders single.
    public func check(completion: @escaping (Check) -> Void) {
        // An empty batch needs the same table, columns and rights as any other.
        place([]) { [unowned self] result in
            if case .failure(let failure) = result { return completion(Self.verdict(on: failure)) }
            let indexes = String(decoding: PackageResources.check_sql, as: UTF8.self)
            send(indexes) { result in
                switch result {
                case .failure(let failure): completion(Self.verdict(on: OrderTableFailure(failure)))
                case .success(let rows) where rows.count == 1 && rows[0, 0] == "3": completion(.usable)
                case .success:
                    let cure = "run \"sluice orders init\""
                    completion(.unusable("lacks a unique index, or has that of an earlier release: \(cure)"))
                }
            }
        }
    }

    private static func verdict(on failure: OrderTableFailure) -> Check {
        switch failure {
        case .refused(code: "42P01", _): .unusable("is not there: run \"sluice orders init\"")
        case .refused(code: "42703", let message), .refused(code: "42804", let message):
            .unusable("has another shape, so it is not one that \"sluice orders init\" made: \(message)")
        case .refused(code: "42501", let message):
            .unusable("is closed to this login: \(message); it needs the rights SELECT and INSERT")
        case .refused where failure.isOfSetUp: .unusable("can't be used: \(failure)")
        default: .unknown(failure)
        }
    }
}

extension OrderTableFailure {
    init(_ failure: PostgresFailure) {
        switch failure {
        case .unreachable: self = .unreachable
        case .outcomeUnknown: self = .outcomeUnknown
        case .refused(let refusal): self = .refused(code: refusal.code, message: refusal.message)
        }
    }

    init(_ reason: PostgresDown) {
        if case .refused(let refusal) = reason {
            self = .refused(code: refusal.code, message: refusal.message)
        } else {
            self = .unreachable
        }
    }
}
