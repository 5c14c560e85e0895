public import Base

extension RedisConnection {
    /// Runs `script` with what `build` writes: first its `keyCount` keys, then the rest, `argumentCount` in all.
    ///
    /// Where the store has forgotten the script (`SCRIPT FLUSH`), the same call is made once more as `EVAL`, which also
    /// loads it: the caller sees no failure, but this completion may come after those of later commands.
    /// Costs one copy of the encoded arguments. `script` must be one of those the connection was made with.
    public func evaluate(
        _ script: RedisScript, keyCount: Int, argumentCount: Int, deadline: TimeSpan? = nil,
        build: (inout CommandWriter) -> Void, completion: @escaping RedisCompletion
    ) {
        guard hasRoom else { return complete(completion, with: .unreachable) }
        guard let index = scripts.firstIndex(where: { $0 === script }) else {
            preconditionFailure("the script \(script.name) is not among those of the connection")
        }
        var evaluation = Evaluation(
            script: script, argumentCount: argumentCount + 1, arguments: spareBuffers.popLast() ?? [])
        var start = 0
        let end = link.write { writer in
            writer.command(argumentCount: argumentCount + 3)
            writer.argument("EVALSHA")
            writer.argument(hashes[index])
            start = writer.output.count
            writer.argument(keyCount)
            build(&writer)
        }
        link.copyOutput(from: start, into: &evaluation.arguments)
        expect(
            PendingCommand(completion: completion, deadline: expiry(deadline), end: end, evaluation: evaluation))
    }

    /// Hands the reply of `command` to its caller, unless it only says that a script must be loaded.
    func settle(_ command: PendingCommand, _ reply: RedisValue) {
        switch reply {
        case .error(let error):
            if let evaluation = command.evaluation, error.code == "NOSCRIPT" { return repeatWhole(command, evaluation) }
            command.completion(.failure(.refused(error)))
            heed(error, of: command)
        default:
            command.completion(.success(reply))
        }
        if let evaluation = command.evaluation { keepBuffer(evaluation.arguments) }
    }

    /// Sends the source along: the store cannot miss it, not even when its scripts are flushed again meanwhile.
    private func repeatWhole(_ command: PendingCommand, _ evaluation: Evaluation) {
        let end = link.write { writer in
            writer.command(argumentCount: evaluation.argumentCount + 2)
            writer.argument("EVAL")
            writer.argument(evaluation.script.source(with: constants))
            writer.encodedArguments(evaluation.arguments, count: evaluation.argumentCount)
        }
        expect(PendingCommand(completion: command.completion, deadline: command.deadline, end: end, evaluation: nil))
        keepBuffer(evaluation.arguments)
    }

    private func keepBuffer(_ buffer: consuming [UInt8]) {
        guard spareBuffers.count < 16, buffer.capacity <= 64 * 1024 else { return }
        buffer.removeAll(keepingCapacity: true)
        spareBuffers.append(buffer)
    }
}
