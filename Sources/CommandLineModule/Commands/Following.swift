import Glibc

/// One look at a server: what to print for people and for programs, and how the command ends.
public struct Look: Equatable, Sendable {
    public var lines: [String]
    public var json: JSONValue
    public var code: ExitCode = .done
}

extension CommandRunner {
    /// Takes one look; with `--watch`, one a second until Ctrl-C, printed when it differs from the one before.
    ///
    /// - Parameter take: performs the look; nil when a dry run has printed its requests instead.
    func follow(_ take: () throws(Failure) -> Look?) throws(Failure) -> ExitCode {
        guard invocation.has("watch"), !isDryRun else {
            guard let look = try take() else { return .done }
            show(look)
            return look.code
        }
        var last: Look?
        var lastFailure: Failure?
        while true {
            do throws(Failure) {
                if let look = try take(), look.lines != last?.lines || lastFailure != nil {
                    if !wantsJSON { console.clear() }
                    show(look)
                    last = look
                    lastFailure = nil
                }
            } catch {
                guard error.code == .failed else { throw error }
                if error != lastFailure { console.complain(error) }
                lastFailure = error
            }
            usleep(1_000_000)
        }
    }

    private func show(_ look: Look) {
        if wantsJSON { console.print(look.json.text) } else { console.print(look.lines) }
    }

    /// The answers to `requests`, nil when a dry run has printed them instead.
    func answers(_ requests: [(Server, Request)]) throws(Failure) -> [Response]? {
        if isDryRun {
            for (_, request) in requests { console.print(request.lines) }
            return nil
        }
        var responses: [Response] = []
        for (server, request) in requests { responses.append(try server.call(request)) }
        return responses
    }
}
