public import Base
public import Domain
import RedisClient

// Who works, and what the sink of all workers is.
extension Store {
    public enum Listing: Sendable, Equatable {
        case listed
        /// Workers with another sink have the store, by its name; for so long, or (nil) for ever.
        case refused(by: String, holds: TimeSpan?)
    }

    /// Puts a worker on the list, where no other sink has the store; to be repeated every `Limits.listingRenewal`.
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

    /// Takes a worker off the list that stops in order. Its sink leaves the store free with the last such worker, where
    /// it places no orders.
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
        /// Nil of one that did not say, as older ones don't.
        public var sink: SinkKind?

        public init(id: String, sink: SinkKind?) {
            self.id = id
            self.sink = sink
        }
    }

    public func workers(completion: @escaping StoreCompletion<[ListedWorker]>) {
        command(["HGETALL", ControlKeys.workers], completion) { value in
            guard let values = value.array?.compactMap(\.bytes), values.count % 2 == 0 else { return nil }
            let texts = values.map { String(decoding: $0, as: UTF8.self) }
            return stride(from: 0, to: texts.count, by: 2).map {
                ListedWorker(id: texts[$0], sink: SinkKind(rawValue: texts[$0 + 1]))
            }
        }
    }

    /// The name of the sink that has the store; nil while none has.
    public func sink(completion: @escaping StoreCompletion<String?>) {
        command(["GET", ControlKeys.sink], completion) { value in
            .some(value.bytes.map { String(decoding: $0, as: UTF8.self) })
        }
    }
}
