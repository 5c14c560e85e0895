public import Base
import Domain
import RedisClient

// The list of processes, by the store's clock: the clocks of those who write it and of those who read it may disagree.
extension Store {
    /// Says what a process is and does; one JSON object.
    ///
    /// - Parameter now: the clock of this process; how far it is off the store's is kept beside.
    public func describeNode(_ id: String, json: String, now: WallInstant) {
        connection.evaluate(
            Scripts.describe, keyCount: 1, argumentCount: 5,
            build: { [firstRunID] writer in
                writer.argument(ControlKeys.nodes)
                writer.argument(id)
                writer.argument(firstRunID)
                writer.argument(now.milliseconds)
                writer.argument(json)
            }, completion: { _ in })  // unheard: it is said again every two seconds
    }

    public func removeNode(_ id: String) {
        hint(["HDEL", ControlKeys.nodes, id])
    }

    public struct Node: Sendable {
        public var id: String
        /// The life of the store that the process met first.
        public var firstRunID: String
        /// By the store's clock; by its own, where an older release wrote it.
        public var describedAt: WallInstant
        /// How long ago that is. What lies in the future was written before a clock was set back: it is as old as it
        /// is far.
        public var age: TimeSpan
        public var json: String

        public init(id: String, firstRunID: String, describedAt: WallInstant, age: TimeSpan, json: String) {
            self.id = id
            self.firstRunID = firstRunID
            self.describedAt = describedAt
            self.age = age
            self.json = json
        }

        init?(id: [UInt8], value: [UInt8], now: Int64) {
            let parts = String(decoding: value, as: UTF8.self).split(separator: " ", maxSplits: 2)
            guard parts.count == 3, let time = Int64(parts[1]), (0...(1 << 50)).contains(time) else { return nil }
            self.id = String(decoding: id, as: UTF8.self)
            firstRunID = String(parts[0])
            describedAt = WallInstant(milliseconds: time)
            age = .milliseconds(abs(now - time))
            json = String(parts[2])
        }
    }

    public func nodes(completion: @escaping StoreCompletion<[Node]>) {
        connection.evaluate(
            Scripts.nodes, keyCount: 1, argumentCount: 1, build: { $0.argument(ControlKeys.nodes) },
            completion: interpret(completion) { reply in
                guard let now = reply.integer(1), let values = reply.array(2)?.compactMap(\.bytes),
                    values.count % 2 == 0
                else { return nil }
                return stride(from: 0, to: values.count, by: 2).compactMap {
                    Node(id: values[$0], value: values[$0 + 1], now: now)
                }
            })
    }
}
