import Base

/// Writes commands as RESP straight into the output of a connection, with no arrays between.
///
/// One `command` and then exactly as many arguments as it announced; anything else traps when the command is sent.
package struct CommandWriter: ~Copyable {
    private(set) var output = ByteBuffer()
    private var missing = 0  // arguments announced and not yet written

    init() {}

    /// Begins a command of `argumentCount` arguments, its name included; at least 1.
    package mutating func command(argumentCount: Int) {
        precondition(missing == 0, "the command before lacks arguments")
        precondition(argumentCount > 0, "a command has a name")
        missing = argumentCount
        header(UInt8(ascii: "*"), argumentCount)
    }

    /// Writes a whole command of a few words; for control paths.
    package mutating func command(_ words: [String]) {
        command(argumentCount: words.count)
        for word in words { argument(word) }
    }

    package mutating func argument(_ text: StaticString) {
        begin(text.utf8CodeUnitCount)
        output.append(text)
        end()
    }

    package mutating func argument(_ text: String) {
        begin(text.utf8.count)
        output.append(utf8: text)
        end()
    }

    package mutating func argument(_ bytes: [UInt8]) {
        begin(bytes.count)
        output.append(bytes)
        end()
    }

    package mutating func argument(_ bytes: ArraySlice<UInt8>) {
        begin(bytes.count)
        output.append(bytes)
        end()
    }

    package mutating func argument(_ bytes: Span<UInt8>) {
        begin(bytes.count)
        output.append(bytes)
        end()
    }

    /// Writes `value` in decimal.
    package mutating func argument(_ value: Int64) {
        var length = value < 0 ? 2 : 1
        var rest = value.magnitude
        while rest >= 10 {
            rest /= 10
            length += 1
        }
        begin(length)
        output.append(decimal: value)
        end()
    }

    package mutating func argument(_ value: Int) { argument(Int64(value)) }

    // MARK: For the connection

    var isComplete: Bool { missing == 0 }

    /// Appends `count` arguments that were encoded before.
    mutating func encodedArguments(_ bytes: [UInt8], count: Int) {
        missing -= count
        output.append(bytes)
    }

    mutating func removeFirst(_ count: Int) { output.removeFirst(count) }

    mutating func clear() {
        output.clear()
        missing = 0
    }

    // MARK: Framing

    private mutating func begin(_ length: Int) {
        precondition(missing > 0, "more arguments than the command announced")
        missing -= 1
        header(UInt8(ascii: "$"), length)
    }

    private mutating func end() {
        output.append(UInt8(ascii: "\r"))
        output.append(UInt8(ascii: "\n"))
    }

    private mutating func header(_ type: UInt8, _ number: Int) {
        output.append(type)
        output.append(decimal: number)
        end()
    }
}
