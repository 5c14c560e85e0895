import Testing

@testable import OutboundHTTP

private func bytes(_ text: String) -> [UInt8] {
    if text.contains(".") { return text.split(separator: ".").map { UInt8($0)! } }
    // Sixteen bytes in hex, all groups written out.
    return text.split(separator: ":").flatMap { group in
        let value = UInt16(group, radix: 16)!
        return [UInt8(value >> 8), UInt8(value & 255)]
    }
}

private let table: [(String, AddressRule.Reach)] = [
    ("127.0.0.1", .loopback), ("127.255.255.254", .loopback), ("0:0:0:0:0:0:0:1", .loopback),
    ("0:0:0:0:0:ffff:7f00:1", .loopback),
    ("10.0.0.1", .privateNetwork), ("10.255.255.255", .privateNetwork), ("172.16.0.1", .privateNetwork),
    ("172.31.255.255", .privateNetwork),
    ("192.168.1.1", .privateNetwork), ("100.64.0.1", .privateNetwork), ("100.127.255.255", .privateNetwork),
    ("198.18.0.1", .privateNetwork),
    ("fc00:0:0:0:0:0:0:1", .privateNetwork), ("fdab:1:2:3:4:5:6:7", .privateNetwork),
    ("0:0:0:0:0:ffff:c0a8:101", .privateNetwork),
    ("64:ff9b:0:0:0:0:a00:1", .privateNetwork), ("2002:a00:1:0:0:0:0:1", .privateNetwork),
    ("1.1.1.1", .world), ("9.255.255.255", .world), ("11.0.0.0", .world), ("172.15.255.255", .world),
    ("172.32.0.0", .world), ("192.167.1.1", .world), ("100.63.255.255", .world), ("100.128.0.0", .world),
    ("169.253.1.1", .world), ("223.255.255.255", .world), ("2606:4700:4700:0:0:0:0:1111", .world),
    ("0:0:0:0:0:ffff:808:808", .world), ("64:ff9b:0:0:0:0:808:808", .world),
    ("169.254.169.254", .link), ("169.254.0.1", .link), ("100.100.100.200", .link), ("fe80:0:0:0:1:2:3:4", .link),
    ("febf:0:0:0:0:0:0:1", .link), ("fd00:ec2:0:0:0:0:0:254", .link), ("0:0:0:0:0:ffff:a9fe:a9fe", .link),
    ("64:ff9b:0:0:0:0:a9fe:a9fe", .link), ("2002:a9fe:a9fe:0:0:0:0:1", .link),
    ("0.0.0.0", .reserved), ("0.1.2.3", .reserved), ("224.0.0.1", .reserved), ("240.0.0.1", .reserved),
    ("255.255.255.255", .reserved), ("192.0.0.8", .reserved), ("0:0:0:0:0:0:0:0", .reserved),
    ("ff02:0:0:0:0:0:0:1", .reserved),
    ("0:0:0:0:0:0:7f00:1", .reserved), ("0:0:0:0:0:ffff:0:0", .reserved),
]

@Test(arguments: table)
func `an address reaches as far as its block, however it is wrapped`(address: String, reach: AddressRule.Reach) {
    #expect(AddressRule.reach(of: bytes(address)) == reach)
}

@Test func `plain calls stay in the house unless allowed, and nothing goes to link-local or unspecified addresses`() {
    for (isPlain, allows) in [(false, false), (true, false), (true, true)] {
        let rule = AddressRule(isPlain: isPlain, allowsPlainToWorld: allows)
        #expect(rule.allows([127, 0, 0, 1]) && rule.allows([10, 0, 0, 1]))
        #expect(rule.allows([1, 1, 1, 1]) == (!isPlain || allows))
        #expect(!rule.allows([169, 254, 169, 254]) && !rule.allows([0, 0, 0, 0]) && !rule.allows([]))
        #expect(!rule.allows([1, 2, 3]) && !rule.allows([UInt8](repeating: 1, count: 15)))
    }
}
