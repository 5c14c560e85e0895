import CPostgres

// DESIGN
// All calls of libpq stand in this file, and no other file sees its types. Nothing here waits: libpq is put into its
// non-blocking mode, and the owner of the socket calls when it is ready. Two things of libpq may block all the same,
// both while connecting: resolving a host's name, and reading key and password files.

/// One connection of libpq.
@safe final class LibPQ {
    enum Attempt {
        case waitsForInput, waitsForOutput, connected, failed
    }

    enum Progress {
        /// More has to come from the server.
        case waiting
        case rows(PostgresRows)
        case refused(PostgresRefusal)
        /// The server is ready for the next statement: what came before holds.
        case ended
        /// The connection can't be used any more.
        case broken
    }

    private let connection: OpaquePointer
    /// Several statements are under way, which end with a mark of their own.
    private var isPipelined = false

    static func isURL(_ text: String) -> Bool {
        guard text.hasPrefix("postgresql://") || text.hasPrefix("postgres://"), !text.utf8.contains(0) else {
            return false
        }
        guard let options = unsafe PQconninfoParse(text, nil) else { return false }
        unsafe PQconninfoFree(options)
        return true
    }

    /// Begins to connect.
    init(url: String, name: String) {
        let settings = [("dbname", url), ("fallback_application_name", name), ("client_encoding", "UTF8")]
        let started = unsafe Self.withCStrings(settings.map(\.0)) { keywords in
            unsafe Self.withCStrings(settings.map(\.1)) { values in
                unsafe PQconnectStartParams(keywords, values, 1)
            }
        }
        guard let connection = unsafe started else { preconditionFailure("out of memory") }
        unsafe self.connection = unsafe connection
        unsafe PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)  // the only way to a SQLSTATE while connecting
        unsafe PQsetNoticeProcessor(connection, { _, _ in }, nil)  // else they are printed
    }

    deinit { unsafe PQfinish(connection) }

    /// The descriptor to wait on, -1 when there is none. It may be another one after every `connectFurther`.
    var descriptor: Int32 { unsafe PQsocket(connection) }

    /// Goes on connecting, once the descriptor is ready.
    func connectFurther() -> Attempt {
        guard unsafe PQstatus(connection) != CONNECTION_BAD else { return .failed }
        switch unsafe PQconnectPoll(connection) {
        case PGRES_POLLING_READING: return .waitsForInput
        case PGRES_POLLING_WRITING: return .waitsForOutput
        case PGRES_POLLING_OK: return unsafe PQsetnonblocking(connection, 1) == 0 ? .connected : .failed
        default: return .failed
        }
    }

    /// False when it could not be sent; the connection can't be used then.
    ///
    /// Several that go together end with one synchronisation, so they are one transaction without saying so.
    func send(_ statement: PostgresStatement) -> Bool {
        guard !statement.parameters.isEmpty else {
            let whole = (statement.first.map { $0 + ";\n" } ?? "") + statement.sql
            return unsafe PQsendQuery(connection, whole) == 1
        }
        guard let first = statement.first else { return sendParameters(statement) }
        isPipelined = true
        return unsafe PQenterPipelineMode(connection) == 1
            && PQsendQueryParams(connection, first, 0, nil, nil, nil, nil, 0) == 1
            && sendParameters(statement) && PQpipelineSync(connection) == 1
    }

    private func sendParameters(_ statement: PostgresStatement) -> Bool {
        let types = statement.parameters.map(\.type)
        let lengths = statement.parameters.map { Int32($0.bytes.count) }
        let formats = [Int32](repeating: 1, count: statement.parameters.count)  // binary
        // All values in one array: libpq wants an address each, and copies what stands there.
        let bytes = statement.parameters.flatMap(\.bytes)
        return unsafe bytes.withUnsafeBytes { bytes in
            var start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            let addresses = unsafe lengths.map { length in
                defer { unsafe start = start.map { unsafe $0 + Int(length) } }
                return unsafe start
            }
            return unsafe PQsendQueryParams(
                connection, statement.sql, Int32(types.count), types, addresses, lengths, formats, 0) == 1
        }
    }

    /// Hands to the kernel what it takes; nil when the connection broke, else whether all is handed over.
    func flush() -> Bool? {
        switch unsafe PQflush(connection) {
        case 0: true
        case 1: false
        default: nil
        }
    }

    /// Reads what has come; false when the connection broke.
    func receive() -> Bool { unsafe PQconsumeInput(connection) == 1 }

    /// The next part of the server's answer to the statement under way.
    func next() -> Progress {
        while true {
            guard unsafe PQisBusy(connection) == 0 else { return .waiting }
            guard let result = unsafe PQgetResult(connection) else {
                guard isPipelined, unsafe PQstatus(connection) == CONNECTION_OK else { return end }
                continue  // one statement of several has ended
            }
            defer { unsafe PQclear(result) }
            switch unsafe PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return unsafe .rows(Self.rows(result))
            case PGRES_FATAL_ERROR: return unsafe .refused(Self.refusal(result))
            case PGRES_PIPELINE_ABORTED: continue  // one before it was refused
            case PGRES_PIPELINE_SYNC:
                isPipelined = false
                return unsafe PQexitPipelineMode(connection) == 1 ? end : .broken
            default: return .broken  // copying, which no statement here does
            }
        }
    }

    private var end: Progress {
        let isIdle = unsafe PQstatus(connection) == CONNECTION_OK && PQtransactionStatus(connection) == PQTRANS_IDLE
        return isIdle ? .ended : .broken
    }

    /// The first line of libpq's error message for the connection.
    var errorMessage: String {
        let text = unsafe Self.string(PQerrorMessage(connection)) ?? ""
        return text.split(whereSeparator: \.isNewline).first.map(String.init) ?? "closed by the server"
    }

    /// The server's refusal, where the error message has one: severity, SQLSTATE and message, with colons between.
    var refusal: PostgresRefusal? {
        let parts = errorMessage.split(separator: ": ", omittingEmptySubsequences: false)
        guard let index = parts.firstIndex(where: Self.isCode) else { return nil }
        let code = parts[index].drop { $0 == " " }
        return PostgresRefusal(code: String(code), message: parts[(index + 1)...].joined(separator: ": "))
    }

    private static func isCode(_ part: Substring) -> Bool {
        let code = part.drop { $0 == " " }
        return code.utf8.count == 5
            && code.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
            && code.utf8.contains { (0x30...0x39).contains($0) }
    }

    // MARK: Results

    private static func rows(_ result: OpaquePointer) -> PostgresRows {
        let (rows, columns) = unsafe (PQntuples(result), PQnfields(result))
        var values: [String?] = []
        values.reserveCapacity(Int(rows) * Int(columns))
        for row in 0..<rows {
            for column in 0..<columns {
                let isNull = unsafe PQgetisnull(result, row, column) == 1
                values.append(isNull ? nil : unsafe string(PQgetvalue(result, row, column)))
            }
        }
        let affected = unsafe string(PQcmdTuples(result)).flatMap { Int($0) } ?? 0
        return PostgresRows(columnCount: Int(columns), values: values, affected: affected)
    }

    private static func refusal(_ result: OpaquePointer) -> PostgresRefusal {
        func field(_ name: Unicode.Scalar) -> String? {
            unsafe string(PQresultErrorField(result, Int32(name.value)))
        }
        return PostgresRefusal(code: field("C") ?? "", message: field("M") ?? "no message")
    }

    private static func string(_ text: UnsafePointer<CChar>?) -> String? {
        guard let text = unsafe text else { return nil }
        return unsafe String(cString: text)
    }

    /// A list of C strings that ends with NULL, for as long as `body` runs.
    private static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        let bytes = strings.map { Array($0.utf8CString) }
        let all = bytes.flatMap(\.self)
        return unsafe all.withUnsafeBufferPointer { all in
            var pointers = unsafe [UnsafePointer<CChar>?]()
            var start = 0
            for one in bytes {
                unsafe pointers.append(all.baseAddress.map { unsafe $0 + start })
                start += one.count
            }
            unsafe pointers.append(nil)
            return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
        }
    }
}
