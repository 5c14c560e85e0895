/// Makes findings of a running engine's own judgement. Pure.
enum EngineChecks {
    private static let name = "engine"

    /// - Parameter response: the answer to `GET /admin/v1/health`.
    static func findings(_ response: Response) -> [Finding] {
        let troubles = HealthAnswer(response).troubles.map { trouble in
            Finding(name, trouble.isProblem ? .fail : .warn, trouble.text, remedy: trouble.remedy)
        }
        return troubles.isEmpty
            ? [Finding(name, .ok, "a scheduler leads, workers are there, nothing stands still")] : troubles
    }

    /// No server could be called: before a start that is as it should be.
    static func unknown(_ failure: Failure) -> Finding {
        Finding(name, .warn, "not asked: \(failure.problems.joined(separator: "; "))", remedy: failure.hint)
    }
}
