import Base
import Glibc

/// Carries out every command that calls a server, but for those that draw or run something, which have types of their
/// own.
public struct CommandRunner {
    let invocation: Invocation
    let console: Console
    private let transport: any Transport
    private let finder: ServerFinder

    public init(
        _ invocation: Invocation, environment: [String: String], transport: any Transport, console: Console
    ) {
        self.invocation = invocation
        self.console = console
        self.transport = transport
        finder = ServerFinder(invocation, environment: environment)
    }

    public func run() throws(Failure) -> ExitCode {
        switch invocation.command.action {
        case .listItems: try follow(listItems)
        case .showItem: try follow(showItem)
        case .putItem: try putItem()
        case .pauseItem: try changeItem("pause", done: "paused")
        case .holdItem: try changeItem("hold", done: "put on hold:")
        case .resumeItem: try changeItem("resume", done: "resumed")
        case .closeItem: try closeItem()
        case .restockItem: try restockItem()
        case .thawItem: try thawItem()
        case .itemPurchases: try itemPurchases()
        case .archiveItem: try archiveItem()
        case .deleteItem: try deleteItem()
        case .showUser: try follow(showUser)
        case .showTicket: try follow(showTicket)
        case .cancelTicket: try cancelTicket()
        case .payTicket: try payTicket()
        case .refundTicket: try refundTicket()
        case .settleTicket: try settleTicket()
        case .itemDoubts: try follow(itemDoubts)
        case .allDoubts: try follow(allDoubts)
        case .listTokens: try follow(listTokens)
        case .addToken: try addToken()
        case .revokeToken: try revokeToken()
        case .listWebhooks: try follow(listWebhooks)
        case .showWebhook: try follow(showWebhook)
        case .putWebhook: try putWebhook()
        case .rotateWebhook: try rotateWebhook()
        case .deleteWebhook: try deleteWebhook()
        case .listDeliveries: try follow(listDeliveries)
        case .replayWebhook: try replayWebhook()
        case .listNodes: try follow(listNodes)
        case .listEvents: try listEvents()
        case .showSettings: try follow(showSettings)
        case .putSettings: try putSettings()
        case .capacity: try follow(capacity)
        case .resetCapacity: try resetCapacity()
        case .status: try follow(status)
        case .version: version()
        case .up, .doctor, .plan, .top, .watch, .initOrders, .help: preconditionFailure("not a question to a server")
        }
    }

    var isDryRun: Bool { invocation.has("dry-run") }
    var wantsJSON: Bool { invocation.has("json") }
    var name: String { invocation.positionals[0] }

    func admin() throws(Failure) -> Server {
        // A dry run shows the call also without a token.
        let token = isDryRun ? "" : try finder.token()
        return Server(address: try finder.adminURL(), token: token, transport: transport)
    }

    func open() throws(Failure) -> Server {
        Server(address: try finder.publicURL(), token: nil, transport: transport)
    }

    func itemPath(_ suffix: String = "") -> String { "/admin/v1/items/\(pathSegment(name))\(suffix)" }

    /// Sends a change, or shows it in a dry run, and prints what came back.
    ///
    /// - Parameter show: prints more of the answer; nil: its item, where it has one.
    func send(
        _ request: Request, to server: Server, done: String, show: ((JSONValue) -> Void)? = nil
    ) throws(Failure) -> ExitCode {
        if isDryRun {
            console.print(request.lines)
            return .done
        }
        let response =
            request.key == nil ? try server.call(request) : try server.callOnce(request) { pause() }
        if wantsJSON {
            console.print(response.json?.text ?? "{}")
        } else {
            console.print(done)
            if let answer = response.json { (show ?? showItem)(answer) }
        }
        return .done
    }

    private func showItem(_ answer: JSONValue) {
        if answer["item"] != nil, answer["state"] != nil { console.print(ItemTable.lines([answer])) }
    }

    /// Before a call is sent again.
    func pause() { usleep(200_000) }

    /// Requires `expected` to be typed; `--yes` confirms instead.
    func confirm(_ question: String, expected: String) throws(Failure) {
        if invocation.has("yes") { return }
        let lines = question.split(separator: "\n", omittingEmptySubsequences: false).map { printable(String($0)) }
        let answer = console.ask("\(lines.joined(separator: "\n"))\nType \(printable(expected)) to go on: ")
        guard answer == expected else {
            throw Failure(.failed, "not confirmed: nothing was changed", hint: "--yes answers for you")
        }
    }

    private func version() -> ExitCode {
        console.print(
            wantsJSON
                ? JSONValue.object(["version": .string(BuildVersion.current)]).text : "sluice \(BuildVersion.current)")
        return .done
    }
}
