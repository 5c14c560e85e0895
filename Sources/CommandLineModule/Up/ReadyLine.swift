/// Where a module serves, as its ready line tells.
public struct ReadyLine: Equatable, Sendable {
    public var http: String?
    public var admin: String?
    public var ops: String?

    public init(http: String? = nil, admin: String? = nil, ops: String? = nil) {
        self.http = http
        self.admin = admin
        self.ops = ops
    }

    /// Reads `ready http=… admin=… ops=… pid=… node=…`; nil for every other line. Fields it does not know are skipped.
    public init?(parsing line: String) {
        let words = line.split(separator: " ")
        guard words.first == "ready" else { return nil }
        self.init()
        for word in words.dropFirst() {
            let pair = word.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { continue }
            switch pair[0] {
            case "http": http = String(pair[1])
            case "admin": admin = String(pair[1])
            case "ops": ops = String(pair[1])
            default: break
            }
        }
    }
}
