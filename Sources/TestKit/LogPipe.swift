import Glibc

/// A pipe whose reading end has what a log wrote; both ends close with it.
public final class LogPipe {
    private let reader: Int32
    /// Where the log writes.
    public let writer: Int32

    public init() {
        var ends: [Int32] = [0, 0]
        let result = unsafe ends.withUnsafeMutableBufferPointer { unsafe pipe($0.baseAddress!) }
        precondition(result == 0)
        reader = ends[0]
        writer = ends[1]
        for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    }

    deinit {
        close(reader)
        close(writer)
    }

    public func read() -> [UInt8] {
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(reader, $0.baseAddress, $0.count) }
            guard count > 0 else { return all }
            all += chunk[..<count]
        }
    }

    public func lines() -> [String] { String(decoding: read(), as: UTF8.self).split(separator: "\n").map(String.init) }
}
