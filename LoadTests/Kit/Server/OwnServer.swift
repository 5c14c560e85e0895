import Foundation

/// A server started for one run, in a data folder of its own, and stopped after it.
public final class OwnServer {
    private static let startTime = Nanoseconds.seconds(30)
    private static let stopTime = Nanoseconds.seconds(10)
    private let process: ChildProcess
    private let folder: URL
    public let endpoint: Endpoint
    public let adminEndpoint: Endpoint

    public var tokenFile: String { folder.appending(path: "admin-token").path }

    /// Starts `program up` on free ports of this machine and waits until it says `ready`.
    ///
    /// - Parameters:
    ///   - name: what the data folder's name begins with.
    ///   - flags: more flags of `sluice up`, at most 20 words.
    public init(program: String, name: String, flags: [String] = []) throws(Trouble) {
        folder = FileManager.default.temporaryDirectory.appending(path: "\(name)-\(UUID().uuidString)")
        let log = folder.path + ".log"
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            process = try ChildProcess(
                [program, "up", "--data", folder.path, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]
                    + flags,
                errorPath: log)
        } catch { throw Trouble("cannot start \(program): \(error)") }
        do {
            endpoint = try Self.awaitReady(process)
            adminEndpoint = try Self.admin(folder)
        } catch {
            let ending = process.stop(within: Self.stopTime)
            throw Trouble("\(program) up did not get ready (\(error.description); \(ending)); its log is \(log)")
        }
    }

    /// Stops it and removes its data, which stay where they are when `isKept` or when it did not exit with 0.
    ///
    /// - Returns: how it ended.
    public func stop(isKept: Bool) -> ChildProcess.Ending {
        let ending = process.stop(within: Self.stopTime)
        if !isKept, ending == .exited(code: 0) {
            try? FileManager.default.removeItem(at: folder)
            try? FileManager.default.removeItem(atPath: folder.path + ".log")
        }
        return ending
    }

    public var folderPath: String { folder.path }

    private static func awaitReady(_ process: ChildProcess) throws(Trouble) -> Endpoint {
        let end = Nanoseconds.now + startTime
        while let line = process.nextLine(within: end - Nanoseconds.now) {
            guard line.hasPrefix("ready ") else { continue }
            return try endpoint(String(line.dropFirst("ready ".count)))
        }
        throw Trouble("no ready line within \(startTime.wholeMilliseconds) ms")
    }

    private struct Node: Decodable {
        let admin: String?
    }

    private static func admin(_ folder: URL) throws(Trouble) -> Endpoint {
        let nodes: [Node]
        do {
            let data = try Data(contentsOf: folder.appending(path: "nodes.json"))
            nodes = try JSONDecoder().decode([Node].self, from: data)
        } catch { throw Trouble("nodes.json: \(error)") }
        guard let address = nodes.lazy.compactMap(\.admin).first(where: { !$0.isEmpty }) else {
            throw Trouble("nodes.json names no admin listener")
        }
        return try endpoint(address)
    }

    private static func endpoint(_ text: String) throws(Trouble) -> Endpoint {
        do throws(Endpoint.Refusal) { return try Endpoint(text) } catch { throw Trouble("\(text) is no address here") }
    }
}
