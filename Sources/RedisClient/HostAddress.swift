import CLinux
import Glibc

/// Turns host names into the numeric addresses that sockets take.
enum HostAddress {
    /// `host` itself where it is numeric, else the first address of that name, resolved afresh; nil when it has none.
    ///
    /// Blocks the loop while a name is resolved: name a store by address, or by a name in the hosts file.
    static func numeric(of host: String) -> String? {
        if isNumeric(host) { return host }
        var address = [CChar](repeating: 0, count: 64)
        guard unsafe clinux_resolve(host, &address, Int32(address.count)) == 0 else { return nil }
        return String(decoding: address.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func isNumeric(_ host: String) -> Bool {
        var storage = in6_addr()
        return unsafe inet_pton(AF_INET, host, &storage) == 1 || inet_pton(AF_INET6, host, &storage) == 1
    }
}
