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
