import Glibc

/// Whether a socket listens at an address, by the kernel's tables; `SO_REUSEPORT` lets a second one in without an
/// error.
public enum ListeningPort {
    private static let limit = 16 << 20  // bytes; 150 a connection

    public static func isTaken(_ address: ListenAddress) -> Bool {
        guard address.port > 0 else { return false }
        return ["/proc/net/tcp", "/proc/net/tcp6"].contains { path in
            guard case .content(let table) = FileDescriptor.readFile(path, limit: limit) else { return false }
            return isTaken(address, in: String(decoding: table, as: UTF8.self))
        }
    }

    /// - Parameter table: lines of `number: local-address:port remote-address:port state …`, all in hex.
    static func isTaken(_ address: ListenAddress, in table: String) -> Bool {
        let (port, host) = (hex(UInt64(address.port), digits: 4), bytes(of: address.host))
        for line in table.split(separator: "\n").dropFirst() {
            let words = line.split(separator: " ", maxSplits: 4)
            guard words.count > 3, words[3] == "0A" else { continue }
            let parts = words[1].split(separator: ":")
            guard parts.count == 2, parts[1] == port else { continue }
            let isAny = parts[0].allSatisfy { $0 == "0" }
            if isAny || host == nil || host == String(parts[0]) { return true }
        }
        return false
    }

    /// As the kernel writes an IPv4 address; nil for "any", and for IPv6, of which every listener counts.
    private static func bytes(of host: String) -> String? {
        var address = in_addr()
        guard unsafe inet_pton(AF_INET, host, &address) == 1, address.s_addr != 0 else { return nil }
        return hex(UInt64(address.s_addr), digits: 8)
    }

    private static func hex(_ number: UInt64, digits: Int) -> String {
        let text = String(number, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
