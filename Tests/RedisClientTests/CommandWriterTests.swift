import Base
import Testing

@testable import RedisClient

private func encoded(_ build: (inout CommandWriter) -> Void) -> String {
    var writer = CommandWriter()
    build(&writer)
    let isComplete = writer.isComplete
    #expect(isComplete)
    let bytes = writer.output.bytes
    return String(decoding: bytes, as: UTF8.self)
}

@Test func `writes every kind of argument with its length in bytes`() {
    let fixed: StaticString = "SET"
    let text = encoded { writer in
        writer.command(argumentCount: 6)
        writer.argument(fixed)
        writer.argument("é")
        writer.argument([0x61, 0x0d, 0x0a])
        writer.argument([1, 2, 3, 0x62][3...])
        writer.argument([UInt8]("span").span)
        writer.argument([UInt8]())
    }
    #expect(text == "*6\r\n$3\r\nSET\r\n$2\r\né\r\n$3\r\na\r\n\r\n$1\r\nb\r\n$4\r\nspan\r\n$0\r\n\r\n")
}

@Test(arguments: [0, 1, 9, 10, 99, 100, -1, -9, -10, 1_234_567, Int64.max, Int64.min])
func `writes integers in decimal`(value: Int64) {
    let digits = String(value)
    let text = encoded { writer in
        writer.command(argumentCount: 1)
        writer.argument(value)
    }
    #expect(text == "*1\r\n$\(digits.utf8.count)\r\n\(digits)\r\n")
}

@Test func `knows a command that lacks arguments`() {
    var writer = CommandWriter()
    writer.command(argumentCount: 2)
    writer.argument("GET")
    let before = writer.isComplete
    writer.argument(Int64(1))
    let after = writer.isComplete
    #expect(!before && after)
}

@Test func `traps on more arguments than announced`() async {
    await #expect(processExitsWith: .failure) {
        var writer = CommandWriter()
        writer.command(argumentCount: 1)
        writer.argument("PING")
        writer.argument("PING")
    }
}
