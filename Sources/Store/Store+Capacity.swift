public import Base
import RedisClient

// What operators ask of the leading scheduler. It waits in the store until one leads that has done it, so that no lost
// message and no change of leader loses it.
extension Store {
    /// An operator's wish that the leader forgets what was learnt of a worker or group.
    public struct ResetRequest: Sendable, Equatable {
        public var name: String
        /// Another one when the same is asked again.
        public var mark: String

        public init(name: String, mark: String) {
            self.name = name
            self.mark = mark
        }
    }

    /// Asks the leader to forget what was learnt of the workers and groups of this name. Idempotent.
    public func askReset(of name: String, now: WallInstant, completion: @escaping StoreCompletion<Void>) {
        command(["HSET", ControlKeys.resets, name, "\(now.milliseconds)"], completion) { _ in () }
    }

    /// What is asked for and not done yet, by name.
    public func resetRequests(completion: @escaping StoreCompletion<[ResetRequest]>) {
        command(["HGETALL", ControlKeys.resets], completion) { value in
            guard let values = value.array?.compactMap(\.bytes), values.count % 2 == 0 else { return nil }
            return stride(from: 0, to: values.count, by: 2).map {
                ResetRequest(
                    name: String(decoding: values[$0], as: UTF8.self),
                    mark: String(decoding: values[$0 + 1], as: UTF8.self))
            }.sorted { $0.name < $1.name }
        }
    }

    /// It is done; a request from now on is a new one.
    public func removeReset(_ name: String, completion: @escaping StoreCompletion<Void>) {
        command(["HDEL", ControlKeys.resets, name], completion) { _ in () }
    }
}
