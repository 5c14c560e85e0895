import Glibc

/// What one read of a server found: what to print for people and for programs, and how the command ends.
public struct Reading: Equatable, Sendable {
    public var lines: [String]
    public var json: JSONValue
    public var code: ExitCode = .done
}

extension CommandRunner {
    /// Reads once; with `--watch`, once a second until Ctrl-C, and prints what differs from the reading before.
    ///
    /// - Parameter take: reads; nil when a dry run has printed its requests instead.
    func follow(_ take: () throws(Failure) -> Reading?) throws(Failure) -> ExitCode {
        guard invocation.has("watch"), !isDryRun else {
            guard let reading = try take() else { return .done }
            show(reading)
            return reading.code
        }
        var last: Reading?
        var lastFailure: Failure?
        while true {
            do throws(Failure) {
                if let reading = try take(), reading.lines != last?.lines || lastFailure != nil {
                    if !wantsJSON { console.clear() }
                    show(reading)
                    last = reading
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

    private func show(_ reading: Reading) {
        if wantsJSON { console.print(reading.json.text) } else { console.print(reading.lines) }
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
