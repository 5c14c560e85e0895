import Base

/// What goes to the server: SQL, and the values of its `$1`, `$2`, …
///
/// Without values it may be several statements, which the server carries out as one transaction.
public struct PostgresStatement: Sendable {
    public let sql: String
    let parameters: [Parameter]
    /// A statement without values that is carried out first, in the same transaction, and costs no exchange of its
    /// own. For settings that must not outlive the transaction: the session may be another client's a moment later.
    let first: String?

    public init(_ sql: String, _ values: [PostgresValue] = [], first: String? = nil) {
        self.sql = sql
        parameters = values.map(Parameter.init)
        self.first = first
    }

    /// A value in the server's own binary form.
    struct Parameter: Sendable {
        let type: UInt32  // object identifier of the type, fixed for the built-in ones
        let bytes: [UInt8]
    }
}

/// A value of a statement. Arrays are what a batch is made of: one statement, as many rows as elements.
public enum PostgresValue: Sendable {
    case integer(Int64)
    case texts([String])
    case integers([Int64])
}

extension PostgresStatement.Parameter {
    private enum TypeID {
        static let int8: UInt32 = 20
        static let text: UInt32 = 25
        static let textArray: UInt32 = 1009
        static let int8Array: UInt32 = 1016
    }

    init(_ value: PostgresValue) {
        var output = ByteBuffer(capacity: 256)
        switch value {
        case .integer(let number):
            type = TypeID.int8
            output.append(bigEndian: number)
        case .texts(let texts):
            type = TypeID.textArray
            Self.header(of: TypeID.text, count: texts.count, to: &output)
            for text in texts {
                output.append(bigEndian: Int32(text.utf8.count))
                output.append(utf8: text)
            }
        case .integers(let numbers):
            type = TypeID.int8Array
            Self.header(of: TypeID.int8, count: numbers.count, to: &output)
            for number in numbers {
                output.append(bigEndian: Int32(8))
                output.append(bigEndian: number)
            }
        }
        bytes = output.bytes
    }

    /// Dimensions, whether there are nulls, type of the elements; then length and lower bound of the one dimension.
    private static func header(of element: UInt32, count: Int, to output: inout ByteBuffer) {
        output.append(bigEndian: Int32(count == 0 ? 0 : 1))
        output.append(bigEndian: Int32(0))
        output.append(bigEndian: element)
        guard count > 0 else { return }
        output.append(bigEndian: Int32(count))
        output.append(bigEndian: Int32(1))
    }
}
