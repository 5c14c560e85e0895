/// What surrounds every run: signals that end it in order, the server it loads, and what is kept of one of its own.
struct Session {
    let interrupts: Interrupts
    private let output: Output

    init(_ output: Output) throws(Trouble) {
        self.output = output
        do { interrupts = try Interrupts() } catch { throw Trouble("\(error)") }
        raiseDescriptorLimit()
    }

    /// Finds or starts the server, runs `work` against it, and stops what was started.
    ///
    /// - Parameters:
    ///   - name: the program's.
    ///   - flags: more flags of `sluice up` for a started server.
    ///   - mustExist: why a started server would be of no use, nil when it would be.
    ///   - work: its `isBroken` keeps the data and the log of a started server.
    func perform(
        _ options: ServerOptions, name: String, flags: [String] = [], mustExist: String? = nil,
        _ work: (ServerUnderTest) throws(Trouble) -> (exit: ExitCode, isBroken: Bool)
    ) throws(Trouble) -> ExitCode {
        let server = try ServerUnderTest(options, name: name, flags: flags, mustExist: mustExist, output: output)
        let outcome: (exit: ExitCode, isBroken: Bool)
        do throws(Trouble) {
            outcome = try work(server)
        } catch {
            interrupts.check()
            server.close(isKept: !interrupts.came)
            throw error
        }
        let isClean = server.close(isKept: outcome.isBroken)
        return isClean || outcome.exit == .failed ? outcome.exit : .notRun
    }
}
