public import Base
import Domain
import RedisClient

// The list of processes, by the store's clock: the clocks of those who write it and of those who read it may disagree.
extension Store {
    /// Publishes the description of a process, one JSON object.
    ///
    /// - Parameter now: the clock of this process; its difference from the store's is kept beside.
    public func describeNode(_ id: String, json: String, now: WallInstant) {
        connection.evaluate(
            Scripts.describe, keyCount: 1, argumentCount: 5,
            build: { [firstRunID] writer in
                writer.argument(ControlKeys.nodes)
                writer.argument(id)
                writer.argument(firstRunID)
                writer.argument(now.milliseconds)
                writer.argument(json)
            }, completion: { _ in })  // unheard: it is described again every two seconds
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
        /// How long ago that is. A time in the future was written before a clock was set back: its distance counts.
        public var age: TimeSpan
        public var json: String

        public init(id: String, firstRunID: String, describedAt: WallInstant, age: TimeSpan, json: String) {
            self.id = id
            self.firstRunID = firstRunID
            self.describedAt = describedAt
            self.age = age
            self.json = json
        }

        init?(id: String, value: String, now: Int64) {
            let parts = value.split(separator: " ", maxSplits: 2)
            guard parts.count == 3, let time = Int64(parts[1]), (0...(1 << 50)).contains(time) else { return nil }
            self.id = id
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
                guard let now = reply.integer(1), reply.values.count > 2, let pairs = reply.values[2].pairs else {
                    return nil
                }
                return pairs.compactMap { Node(id: $0, value: $1, now: now) }
            })
    }
}
