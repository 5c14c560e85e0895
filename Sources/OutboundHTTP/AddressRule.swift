// DESIGN
// Where a call goes is set by an operator, never by a buyer; this rule guards against a name that comes to mean another
// address, and against orders that are sent in clear text outside of private networks. It judges the address of each
// connection when its socket is made: the address can't change between check and use, nor be written in another form.

/// Which addresses may be connected to.
public struct AddressRule: Sendable, Equatable {
    public enum Reach: Sendable, Equatable {
        case loopback, privateNetwork, world
        /// The link's own addresses and those under which clouds serve their secrets.
        case link
        /// No host's: unspecified, multicast, broadcast, reserved.
        case reserved
    }

    /// Whether the call is in clear text.
    public var isPlain: Bool
    /// Whether it may be, also outside of private networks.
    public var allowsPlainToWorld: Bool

    public init(isPlain: Bool, allowsPlainToWorld: Bool) {
        self.isPlain = isPlain
        self.allowsPlainToWorld = allowsPlainToWorld
    }

    /// - Parameter address: 4 or 16 bytes, most significant first; any other length is refused.
    public func allows(_ address: [UInt8]) -> Bool {
        switch Self.reach(of: address) {
        case .loopback, .privateNetwork: true
        case .world: !isPlain || allowsPlainToWorld
        case .link, .reserved: false
        }
    }

    public static func reach(of address: [UInt8]) -> Reach {
        switch address.count {
        case 4: version4(address)
        case 16: version6(address)
        default: .reserved
        }
    }

    private static func version4(_ bytes: [UInt8]) -> Reach {
        switch (bytes[0], bytes[1]) {
        case (0, _), (224..., _): .reserved
        case (127, _): .loopback
        case (169, 254): .link
        case (100, 100) where bytes[2] == 100 && bytes[3] == 200: .link
        case (192, 0) where bytes[2] == 0: .reserved
        case (10, _), (172, 16..<32), (192, 168), (100, 64..<128), (198, 18..<20): .privateNetwork
        default: .world
        }
    }

    private static func version6(_ bytes: [UInt8]) -> Reach {
        let isZero = bytes[..<10].allSatisfy { $0 == 0 }
        if isZero, bytes[10] == 0xFF, bytes[11] == 0xFF { return version4(Array(bytes[12...])) }
        if isZero, bytes[10] == 0, bytes[11] == 0 {
            let last = Array(bytes[12...])
            return last == [0, 0, 0, 1] ? .loopback : .reserved
        }
        // Translated and tunnelled addresses: the one inside counts.
        if bytes[..<12] == [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0] { return version4(Array(bytes[12...])) }
        if bytes[0] == 0x20, bytes[1] == 0x02 { return version4(Array(bytes[2..<6])) }
        if bytes[0] == 0xFE, bytes[1] & 0xC0 == 0x80 { return .link }
        if bytes == [0xFD, 0, 0x0E, 0xC2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54] { return .link }
        if bytes[0] & 0xFE == 0xFC { return .privateNetwork }
        return bytes[0] == 0xFF ? .reserved : .world
    }
}
