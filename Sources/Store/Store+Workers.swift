public import Base
public import Domain
import RedisClient

// The list of workers, and the sink of all of them.
extension Store {
    public enum Listing: Sendable, Equatable {
        case listed
        /// The store belongs to workers with another sink, of this name; for so long, or (nil) for ever.
        case refused(by: String, holds: TimeSpan?)
    }

    /// Puts a worker on the list, unless the store belongs to another sink; to be sent every `Limits.listingRenewal`.
    public func enlist(_ worker: String, sink: SinkKind, completion: @escaping StoreCompletion<Listing>) {
        connection.evaluate(
            Scripts.enlist, keyCount: 2, argumentCount: 6,
            build: { Self.enlist(worker, sink, hold: sink.hold, &$0) },
            completion: interpret(completion) { reply in
                if reply.status == EnlistCode.done.rawValue { return .listed }
                guard let holder = reply.bytes(1), let left = reply.integer(2) else { return nil }
                return .refused(
                    by: String(decoding: holder, as: UTF8.self), holds: left < 0 ? nil : .milliseconds(left))
            })
    }

    /// Takes a worker off the list that stops in order. With the last worker of a sink that places no orders the store
    /// is free for another sink.
    public func retire(_ worker: String, sink: SinkKind, completion: @escaping StoreCompletion<Void>) {
        guard !sink.placesOrders else { return removeWorker(worker, completion: completion) }
        hint(["DEL", ControlKeys.flights(of: worker)])
        connection.evaluate(
            Scripts.enlist, keyCount: 2, argumentCount: 6,
            build: { Self.enlist(worker, sink, hold: .zero, &$0) }, completion: interpret(completion) { _ in () })
    }

    private static func enlist(
        _ worker: String, _ sink: SinkKind, hold: TimeSpan, _ writer: inout CommandWriter
    ) {
        writer.argument(ControlKeys.workers)
        writer.argument(ControlKeys.sink)
        writer.argument(worker)
        writer.argument(sink.rawValue)
        writer.argument(hold.wholeMilliseconds)
        writer.argument(max(Limits.ordersHold, Limits.listingHold).wholeMilliseconds)
    }

    /// Forgets a worker that holds nothing any more.
    public func removeWorker(_ id: String, completion: @escaping StoreCompletion<Void>) {
        hint(["DEL", ControlKeys.flights(of: id)])
        command(["HDEL", ControlKeys.workers, id], completion) { $0.integer == nil ? nil : () }
    }

    public struct ListedWorker: Sendable, Equatable {
        public var id: String
        /// Nil of a worker of an earlier release, which does not report it.
        public var sink: SinkKind?

        public init(id: String, sink: SinkKind?) {
            self.id = id
            self.sink = sink
        }
    }

    public func workers(completion: @escaping StoreCompletion<[ListedWorker]>) {
        command(["HGETALL", ControlKeys.workers], completion) { value in
            value.pairs?.map { ListedWorker(id: $0, sink: SinkKind(rawValue: $1)) }
        }
    }

    /// The name of the sink that the store belongs to; nil while there is none.
    public func sink(completion: @escaping StoreCompletion<String?>) {
        command(["GET", ControlKeys.sink], completion) { value in
            .some(value.bytes.map { String(decoding: $0, as: UTF8.self) })
        }
    }
}
