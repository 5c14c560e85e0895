import Base
import Testing

@Test func `lanes do every step once, in order, and never more at once than they may`() {
    var begun: [Int] = []
    var waiting: [() -> Void] = []
    var mostWaiting = 0
    var completions = 0
    Lanes.run(Array(0..<100), atOnce: 7) { number, done in
        begun.append(number)
        waiting.append(done)
        mostWaiting = max(mostWaiting, waiting.count)
    } completion: {
        completions += 1
    }
    #expect(begun == Array(0..<7))
    while !waiting.isEmpty { waiting.remove(at: waiting.count / 2)() }
    #expect(begun == Array(0..<100) && mostWaiting == 7 && completions == 1)
}

@Test func `lanes go through steps that are done at once without growing the stack, and nothing is done at once`() {
    var sum = 0
    var completions = 0
    Lanes.run(Array(1...200_000), atOnce: 3) { number, done in
        sum += number
        done()
    } completion: {
        completions += 1
    }
    #expect(sum == 200_000 * 200_001 / 2 && completions == 1)
    Lanes.run([Int](), atOnce: 1) { _, done in
        done()
    } completion: {
        completions += 1
    }
    #expect(completions == 2)
}

@Test func `with a failure no step begins any more, and the end comes when none is under way`() {
    var begun: [Int] = []
    var waiting: [(Bool) -> Void] = []
    var ends: [Bool] = []
    func run(_ elements: [Int]) {
        Lanes.runUntilFailure(elements, atOnce: 2) { number, done in
            begun.append(number)
            waiting.append(done)
        } completion: {
            ends.append($0)
        }
    }
    run(Array(0..<100))
    waiting[0](true)
    waiting[2](false)
    #expect(begun == [0, 1, 2] && ends.isEmpty, "one is under way")
    waiting[1](true)
    #expect(begun == [0, 1, 2] && ends == [false])
    run([])
    run([7])
    waiting[3](true)
    #expect(ends == [false, true, true])
}
