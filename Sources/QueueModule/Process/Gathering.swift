/// Collects answers and passes them on when the last of them has come.
final class Gathering<Answer> {
    private let expected: Int
    private let completion: ([Answer]) -> Void
    private var answers: [Answer] = []

    init(expected: Int, completion: @escaping ([Answer]) -> Void) {
        precondition(expected > 0, "with nothing to wait for it would never complete")
        self.expected = expected
        self.completion = completion
    }

    func add(_ answer: Answer) {
        precondition(answers.count < expected, "more answers than were expected")
        answers.append(answer)
        if answers.count == expected { completion(answers) }
    }
}
