import Base
import EventLoop
import TestKit

@testable import RedisClient

extension RedisEndpoint {
    static func unix(_ server: RedisServerProcess) -> RedisEndpoint {
        RedisEndpoint(address: .unix(path: server.socketPath))
    }
}

extension RedisConnection {
    /// Starts, and runs the loop until ready.
    func connect(_ loop: EventLoop) -> Bool {
        start()
        return loop.turns { isReady }
    }

    /// Sends one command and runs the loop until its result is there.
    func ask(_ loop: EventLoop, _ words: String...) -> Result<RedisValue, RedisFailure>? {
        var result: Result<RedisValue, RedisFailure>?
        send(words) { result = $0 }
        _ = loop.turns { result != nil }
        return result
    }
}

extension [UInt8] {
    init(_ text: String) { self = Array(text.utf8) }
}
