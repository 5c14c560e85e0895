import Foundation

/// The variables that `sluice` reads as well, so that what points one at a server points all. A flag beats them.
public struct Surroundings: Sendable, Equatable {
    public var url: String?
    public var adminURL: String?
    public var token: String?
    public var tokenFile: String?

    public init(_ environment: [String: String]) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        url = value("SLUICE_URL")
        adminURL = value("SLUICE_ADMIN_URL")
        token = value("SLUICE_ADMIN_TOKEN")
        tokenFile = value("SLUICE_ADMIN_TOKEN_FILE") ?? value("SLUICE_DATA").map { $0 + "/admin-token" }
    }

    public static let none = Surroundings([:])
    public static var ofThisProcess: Surroundings { Surroundings(ProcessInfo.processInfo.environment) }
}

/// The token of the admin listener: as it stands, or the file that holds it.
public enum AdminToken: Sendable, Equatable {
    case text(String)
    case file(String)

    func read() throws(Trouble) -> String {
        var text = ""
        switch self {
        case .text(let given): text = given
        case .file(let path):
            do {
                text = try String(contentsOfFile: path, encoding: .utf8)
            } catch {
                throw Trouble(
                    "cannot read the admin token \(path): name it with --token-file or SLUICE_ADMIN_TOKEN_FILE")
            }
        }
        text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            if case .file(let path) = self { throw Trouble("\(path) holds no token") }
            throw Trouble("SLUICE_ADMIN_TOKEN holds no token")
        }
        return text
    }
}
