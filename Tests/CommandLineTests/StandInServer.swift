@testable import CommandLineModule

final class StandInServer: Transport {
    var requests: [Request] = []
    let answers: [String: (Int, String)]
    init(_ answers: [String: (Int, String)]) { self.answers = answers }

    func send(_ request: Request) throws(Failure) -> Response {
        requests.append(request)
        let path = request.url.split(separator: "/", omittingEmptySubsequences: false).dropFirst(3).joined(
            separator: "/")
        let (status, body) =
            answers["\(request.method) /\(path)"] ?? (404, #"{"title":"Not found","code":"unknown-item"}"#)
        return Response(status: status, bytes: Array(body.utf8))
    }
}

final class Paper {
    var lines: [String] = []
    var complaints = ""
    var answer: String?
    var console: Console {
        Console(
            isTerminal: false, output: { self.lines.append($0) }, complaint: { self.complaints += $0 },
            question: { self.answer })
    }
}

private let environment = ["SLUICE_ADMIN_TOKEN": String(repeating: "t", count: 40), "SLUICE_DATA": "/nonexistent"]

func run(_ line: String, on server: StandInServer, paper: Paper) throws(Failure) -> ExitCode {
    let words = line.split(separator: " ").map(String.init)
    guard case .run(let invocation) = try ArgumentParser(environment: environment).parse(words) else { return .usage }
    return try CommandRunner(invocation, environment: environment, transport: server, console: paper.console).run()
}
