import Domain

/// Where the buyer's page comes from.
public enum PageSource: Sendable, Equatable {
    case builtIn, off
    /// The files of a folder.
    case folder(String)
}

// Options of a queue process for buyers in a browser.
extension KnownOptions {
    public static let page = Option(
        "page", .pageSource, default: "on", help: "the buyer's page at / and /buy/ITEM: ours, none, or a folder's files"
    )
    public static let allowOrigin = Option(
        "allow-origin", .origins, help: "origins whose pages may call from a browser, with commas between them")
}

extension OptionKind where Value == PageSource {
    public static var pageSource: OptionKind {
        OptionKind(
            "on|off|FOLDER",
            parse: { text throws(BadValue) in
                switch text {
                case "on": .builtIn
                case "off": .off
                default: .folder(try OptionKind<String>.path.parse(text))
                }
            },
            render: { source in
                switch source {
                case .builtIn: "on"
                case .off: "off"
                case .folder(let path): path
                }
            })
    }
}

extension OptionKind where Value == [String] {
    /// Origins as browsers write them: `https://shop.example`, with a port where it is not the scheme's own.
    public static var origins: OptionKind {
        OptionKind(
            "ORIGIN,…", form: .list,
            parse: { text throws(BadValue) in
                let origins = text.split(separator: ",", omittingEmptySubsequences: false).map {
                    String($0.drop { $0 == " " })
                }
                guard origins.count <= Limits.origins else {
                    throw BadValue("at most \(Limits.origins) origins")
                }
                for origin in origins {
                    guard origin != "*" else {
                        throw BadValue("named origins: with * any site could have its visitors buy")
                    }
                    guard isOrigin(origin) else {
                        throw BadValue("https://host[:port] in small letters, with nothing behind it")
                    }
                }
                return origins
            }, render: { $0.joined(separator: ",") })
    }

    private static func isOrigin(_ text: String) -> Bool {
        let schemes = [("https://", "443"), ("http://", "80")]
        guard let (scheme, ownPort) = schemes.first(where: { text.hasPrefix($0.0) }) else { return false }
        let authority = text.dropFirst(scheme.count)
        let isBracketed = authority.hasPrefix("[")
        let end = isBracketed ? authority.firstIndex(of: "]") : nil
        let colon = authority[(end ?? authority.startIndex)...].firstIndex(of: ":")
        let host = authority[..<(colon ?? authority.endIndex)]
        let isHost = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                UInt8(ascii: "."):
                true
            default: isBracketed && [UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ":")].contains(byte)
            }
        }
        guard !host.isEmpty, isHost, text.utf8.count <= 255, !isBracketed || end != nil else { return false }
        guard let colon else { return true }
        let port = authority[authority.index(after: colon)...]
        return port != ownPort && UInt16(port).map { $0 > 0 && String($0) == port } == true
    }
}
