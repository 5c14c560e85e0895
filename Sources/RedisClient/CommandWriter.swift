/// Writes commands as RESP straight into the output of a connection, with no arrays between.
///
/// One `command` and then exactly as many arguments as it announced; anything else traps when the command is sent.
package struct CommandWriter: ~Copyable {
    // Not a ByteBuffer: its calls would cross a module for every byte of framing.
    private(set) var output: [UInt8] = []
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
        unsafe output.append(
            contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        end()
    }

    package mutating func argument(_ text: String) {
        begin(text.utf8.count)
        output.append(contentsOf: text.utf8)
        end()
    }

    package mutating func argument(_ bytes: [UInt8]) {
        begin(bytes.count)
        output.append(contentsOf: bytes)
        end()
    }

    package mutating func argument(_ bytes: ArraySlice<UInt8>) {
        begin(bytes.count)
        output.append(contentsOf: bytes)
        end()
    }

    package mutating func argument(_ bytes: Span<UInt8>) {
        begin(bytes.count)
        unsafe bytes.withUnsafeBufferPointer { unsafe output.append(contentsOf: $0) }
        end()
    }

    /// Writes `value` in decimal.
    package mutating func argument(_ value: Int64) {
        begin(Self.digits(value.magnitude) + (value < 0 ? 1 : 0))
        if value < 0 { output.append(UInt8(ascii: "-")) }
        append(decimal: value.magnitude)
        end()
    }

    package mutating func argument(_ value: Int) { argument(Int64(value)) }

    // MARK: For the connection

    var isComplete: Bool { missing == 0 }

    /// Appends `count` arguments that were encoded before.
    mutating func encodedArguments(_ bytes: [UInt8], count: Int) {
        missing -= count
        output.append(contentsOf: bytes)
    }

    mutating func removeFirst(_ count: Int) { output.removeFirst(count) }

    mutating func clear() {
        output.removeAll(keepingCapacity: true)
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
        append(decimal: number.magnitude)
        end()
    }

    private static func digits(_ value: some UnsignedInteger & FixedWidthInteger) -> Int {
        var count = 1
        var rest = value
        while rest >= 10 {
            rest /= 10
            count += 1
        }
        return count
    }

    private mutating func append(decimal value: some UnsignedInteger & FixedWidthInteger) {
        if value < 10 { return output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value)) }
        let start = output.count
        let count = Self.digits(value)
        for _ in 0..<count { output.append(0) }
        var rest = value
        for index in (start..<(start + count)).reversed() {
            output[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }
}
