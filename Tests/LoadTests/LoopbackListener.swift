import Glibc
import LoadKit

/// A listener that the test itself serves, in the same thread.
final class LoopbackListener {
    let descriptor: Int32
    let endpoint: Endpoint

    init() {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.descriptor = descriptor
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                _ = unsafe bind(descriptor, generic, length)
                _ = listen(descriptor, 16)
                _ = unsafe getsockname(descriptor, generic, &length)
            }
        }
        endpoint = Endpoint(loopbackPort: UInt16(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }

    func take() -> Int32 { accept(descriptor, nil, nil) }

    static func reads(_ connection: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 1_024)
        let count = unsafe read(connection, &bytes, bytes.count)
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    }

    static func writes(_ text: String, to connection: Int32) {
        let bytes = Array(text.utf8)
        _ = unsafe write(connection, bytes, bytes.count)
    }
}

func answer(_ body: String) -> String { "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)" }
