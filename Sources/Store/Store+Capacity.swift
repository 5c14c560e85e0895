public import Base
import RedisClient

// Requests of operators to the leading scheduler. A request stays in the store until a leader has done it, so that no
// lost message and no change of leader loses it.
extension Store {
    /// An operator wants the leader to forget what was learnt of a worker or group.
    public struct ResetRequest: Sendable, Equatable {
        public var name: String
        /// Another one for each request.
        public var mark: String

        public init(name: String, mark: String) {
            self.name = name
            self.mark = mark
        }
    }

    /// Has the leader forget what was learnt of the workers and groups of this name. Idempotent.
    public func requestReset(of name: String, now: WallInstant, completion: @escaping StoreCompletion<Void>) {
        command(["HSET", ControlKeys.resets, name, "\(now.milliseconds)"], completion) { _ in () }
    }

    /// Requests that are not done yet, by name.
    public func resetRequests(completion: @escaping StoreCompletion<[ResetRequest]>) {
        command(["HGETALL", ControlKeys.resets], completion) { value in
            value.pairs?.map { ResetRequest(name: $0, mark: $1) }.sorted { $0.name < $1.name }
        }
    }

    /// It is done; a request from now on is a new one.
    public func removeReset(_ name: String, completion: @escaping StoreCompletion<Void>) {
        command(["HDEL", ControlKeys.resets, name], completion) { _ in () }
    }
}
