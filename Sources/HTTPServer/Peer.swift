import CLinux

/// The other end of a connection.
public struct Peer: Sendable, Equatable {
    /// Numeric.
    public let address: String
    public let port: UInt16
    /// What counts as one visitor: the address, of IPv6 its /64, which one customer gets.
    public let network: String

    public init(address: String, port: UInt16, network: String) {
        self.address = address
        self.port = port
        self.network = network
    }

    /// Nil where the kernel knows no other end any more.
    init?(descriptor: Int32) {
        var (address, network) = ([CChar](repeating: 0, count: 64), [CChar](repeating: 0, count: 64))
        let port = unsafe clinux_peer(descriptor, &address, &network, 64)
        guard port >= 0 else { return nil }
        self.init(address: Self.text(address), port: UInt16(port), network: Self.text(network))
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension Peer: CustomStringConvertible {
    public var description: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }
}
