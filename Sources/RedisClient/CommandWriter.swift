public import Base

/// Writes commands as RESP straight into the output of a connection, with no arrays between.
///
/// One `command` and then exactly as many arguments as it announced; anything else traps when the command is sent.
public struct CommandWriter: ~Copyable {
    private(set) var output = ByteBuffer(capacity: 4_096)
    private var missing = 0  // arguments announced and not yet written

    init() {}

    /// Begins a command of `argumentCount` arguments, its name included; at least 1.
    public mutating func command(argumentCount: Int) {
        precondition(missing == 0, "the command before lacks arguments")
        precondition(argumentCount > 0, "a command has a name")
        missing = argumentCount
        header(UInt8(ascii: "*"), argumentCount)
    }

    /// Writes a whole command of a few words; for control paths.
    public mutating func command(_ words: [String]) {
        command(argumentCount: words.count)
        for word in words { argument(word) }
    }

    public mutating func argument(_ text: StaticString) {
        begin(text.utf8CodeUnitCount)
        output.append(text)
        end()
    }

    public mutating func argument(_ text: String) {
        begin(text.utf8.count)
        output.append(utf8: text)
        end()
    }

    public mutating func argument(_ bytes: [UInt8]) {
        begin(bytes.count)
        output.append(bytes)
        end()
    }

    public mutating func argument(_ bytes: ArraySlice<UInt8>) {
        begin(bytes.count)
        output.append(bytes)
        end()
    }

    public mutating func argument(_ bytes: Span<UInt8>) {
        begin(bytes.count)
        output.append(bytes)
        end()
    }

    /// Writes `value` in decimal.
    public mutating func argument(_ value: Int64) {
        begin(ByteBuffer.digits(value.magnitude) + (value < 0 ? 1 : 0))
        output.append(decimal: value)
        end()
    }

    /// Writes what `build` appends, which must be `count` bytes.
    public mutating func argument(count: Int, _ build: (inout ByteBuffer) -> Void) {
        begin(count)
        let start = output.count
        build(&output)
        precondition(output.count - start == count, "another length than was announced")
        end()
    }

    public mutating func argument(_ value: Int) { argument(Int64(value)) }

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
        output.append("\r\n")
    }

    private mutating func header(_ type: UInt8, _ number: Int) {
        output.append(type)
        output.append(decimal: UInt64(number))
        end()
    }
}
