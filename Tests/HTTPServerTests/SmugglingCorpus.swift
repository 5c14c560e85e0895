/// One input and what must come of it: `METHOD path?query [body]` for each request, then a status where the rest is
/// refused, or `incomplete`.
struct SmugglingCase: CustomStringConvertible, Sendable {
    let name: String
    let input: String
    let expected: [String]

    init(_ name: String, _ input: String, _ expected: String...) {
        self.name = name
        self.input = input
        self.expected = expected
    }

    var description: String { name }
}

/// The shapes by which one reader is made to see other requests than the next one does, and their honest neighbours.
/// They are run with the limits of `CorpusLimits`. Bytes above 0x7F are written as Latin-1 characters.
enum SmugglingCorpus {
    static let all: [SmugglingCase] =
        honest + lengths + encodings + chunks + lines + requestLines + hosts + fields + limits + followers

    private static func post(_ fields: String, _ rest: String = "") -> String {
        "POST /p HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + rest
    }

    private static func get(_ fields: String) -> String { "GET /g HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" }

    private static let smuggled = "GET /admin HTTP/1.1\r\nHost: a\r\n\r\n"

    private static let honest: [SmugglingCase] = [
        .init("plain get", get(""), "GET /g"),
        .init("query", "GET /g?a=1&b=2 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /g?a=1&b=2"),
        .init("second question mark belongs to the query", "GET /g?a?b HTTP/1.1\r\nHost: a\r\n\r\n", "GET /g?a?b"),
        .init("post with length", post("Content-Length: 3\r\n", "abc"), "POST /p [abc]"),
        .init("post with length 0", post("Content-Length: 0\r\n"), "POST /p"),
        .init("post without a length", post(""), "POST /p"),
        .init("leading zeros", post("Content-Length: 0003\r\n", "abc"), "POST /p [abc]"),
        .init("chunked", post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"), "POST /p [abc]"),
        .init("chunked in capitals", post("TRANSFER-ENCODING: CHUNKED\r\n", "0\r\n\r\n"), "POST /p"),
        .init("two chunks", post("Transfer-Encoding: chunked\r\n", "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"), "POST /p [abc]"),
        .init(
            "size in capitals", post("Transfer-Encoding: chunked\r\n", "A\r\n0123456789\r\n0\r\n\r\n"),
            "POST /p [0123456789]"),
        .init(
            "trailers are forgotten", post("Transfer-Encoding: chunked\r\n", "0\r\nHost: b\r\nX: y\r\n\r\n"),
            "POST /p"),
        .init("two gets", get("") + get(""), "GET /g", "GET /g"),
        .init("get with a body", get("Content-Length: 1\r\n") + "x" + get(""), "GET /g [x]", "GET /g"),
        .init("one empty line before", "\r\n" + get(""), "GET /g"),
        .init("empty line between", get("") + "\r\n" + get(""), "GET /g", "GET /g"),
        .init("http 1.0 without host", "GET /g HTTP/1.0\r\n\r\n", "GET /g"),
        .init("options asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS *"),
        .init("no space after the colon", "GET /g HTTP/1.1\r\nHost:a\r\n\r\n", "GET /g"),
        .init("spaces and tabs around a value", "GET /g HTTP/1.1\r\nHost: \t a \t \r\n\r\n", "GET /g"),
        .init("empty value", get("X:\r\n"), "GET /g"),
        .init("tab within a value", get("X: a\tb\r\n"), "GET /g"),
        .init("bytes above ascii in a value", get("X: \u{E9}\u{FF}\r\n"), "GET /g"),
        .init(
            "all methods",
            "PUT /a HTTP/1.1\r\nHost: a\r\n\r\nDELETE /b HTTP/1.1\r\nHost: a\r\n\r\n"
                + "HEAD /c HTTP/1.1\r\nHost: a\r\n\r\nPATCH /d HTTP/1.1\r\nHost: a\r\n\r\n",
            "PUT /a", "DELETE /b", "HEAD /c", "PATCH /d"),
        .init("half a head", "GET /g HTTP/1.1\r\nHo", "incomplete"),
        .init("half a body", post("Content-Length: 5\r\n", "abc"), "incomplete"),
        .init("half a chunk", post("Transfer-Encoding: chunked\r\n", "5\r\nab"), "incomplete"),
        .init("no last chunk", post("Transfer-Encoding: chunked\r\n", "1\r\na\r\n"), "incomplete"),
        .init("no end of trailers", post("Transfer-Encoding: chunked\r\n", "0\r\n"), "incomplete"),
    ]

    private static let lengths: [SmugglingCase] = [
        .init("plus", post("Content-Length: +3\r\n", "abc"), "400"),
        .init("minus", post("Content-Length: -3\r\n", "abc"), "400"),
        .init("minus zero", post("Content-Length: -0\r\n"), "400"),
        .init("hexadecimal", post("Content-Length: 0x3\r\n", "abc"), "400"),
        .init("hexadecimal digits", post("Content-Length: a\r\n"), "400"),
        .init("decimal point", post("Content-Length: 3.0\r\n", "abc"), "400"),
        .init("exponent", post("Content-Length: 3e0\r\n", "abc"), "400"),
        .init("underscore", post("Content-Length: 1_0\r\n"), "400"),
        .init("inner space", post("Content-Length: 1 0\r\n"), "400"),
        .init("inner tab", post("Content-Length: 1\t0\r\n"), "400"),
        .init("empty length", post("Content-Length:\r\n"), "400"),
        .init("only spaces", post("Content-Length:   \r\n"), "400"),
        .init("list of equal lengths", post("Content-Length: 3, 3\r\n", "abc"), "400"),
        .init("list without space", post("Content-Length: 3,3\r\n", "abc"), "400"),
        .init("list of other lengths", post("Content-Length: 3, 4\r\n", "abc"), "400"),
        .init("trailing comma", post("Content-Length: 3,\r\n", "abc"), "400"),
        .init("quoted", post("Content-Length: \"3\"\r\n", "abc"), "400"),
        .init("semicolon", post("Content-Length: 3;\r\n", "abc"), "400"),
        .init("two equal lengths", post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), "400"),
        .init("two lengths", post("Content-Length: 3\r\nContent-Length: 0\r\n", "abc" + smuggled), "400"),
        .init("two lengths in two cases", post("Content-Length: 3\r\ncontent-length: 3\r\n", "abc"), "400"),
        .init("2^63", post("Content-Length: 9223372036854775808\r\n"), "400"),
        .init("2^63 - 1", post("Content-Length: 9223372036854775807\r\n"), "413"),
        .init("2^64", post("Content-Length: 18446744073709551616\r\n"), "400"),
        .init("2^64 + 3", post("Content-Length: 18446744073709551619\r\n", "abc"), "400"),
        .init("thirty digits", post("Content-Length: 000000000000000000000000000003\r\n", "abc"), "400"),
        .init("other digits", post("Content-Length: \u{B3}\r\n", "abc"), "400"),
        .init("infinity", post("Content-Length: Infinity\r\n"), "400"),
        .init("length in a get", get("Content-Length: x\r\n"), "400"),
        .init("one above the limit", post("Content-Length: 65\r\n"), "413"),
    ]

    private static let encodings: [SmugglingCase] = [
        .init(
            "both, length first", post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + smuggled),
            "400"),
        .init(
            "both, encoding first", post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n" + smuggled),
            "400"),
        .init("both in a get", get("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n") + "0\r\n\r\n", "400"),
        .init("chunkedx", post("Transfer-Encoding: chunkedx\r\n", "0\r\n\r\n"), "400"),
        .init("xchunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), "400"),
        .init("tab before chunked", post("Transfer-Encoding:\tchunked\r\n", "0\r\n\r\n"), "400"),
        .init("vertical tab", post("Transfer-Encoding: \u{0B}chunked\r\n", "0\r\n\r\n"), "400"),
        .init("vertical tab after", post("Transfer-Encoding: chunked\u{0B}\r\n", "0\r\n\r\n"), "400"),
        .init("form feed", post("Transfer-Encoding: \u{0C}chunked\r\n", "0\r\n\r\n"), "400"),
        .init("no-break space", post("Transfer-Encoding: \u{A0}chunked\r\n", "0\r\n\r\n"), "400"),
        .init("space before the colon", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), "400"),
        .init("tab before the colon", post("Transfer-Encoding\t: chunked\r\n", "0\r\n\r\n"), "400"),
        .init(
            "underscore in the name hides it", post("Transfer_Encoding: chunked\r\nContent-Length: 1\r\n", "x"),
            "POST /p [x]"),
        .init("space in the name", post("Transfer Encoding: chunked\r\n", "0\r\n\r\n"), "400"),
        .init("space before the name", post(" Transfer-Encoding: chunked\r\n", "0\r\n\r\n"), "400"),
        .init("folded value", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), "400"),
        .init("folded after the value", post("Transfer-Encoding: chunked\r\n , identity\r\n", "0\r\n\r\n"), "400"),
        .init("quoted chunked", post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), "400"),
        .init("apostrophes", post("Transfer-Encoding: 'chunked'\r\n", "0\r\n\r\n"), "400"),
        .init("parameter", post("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n"), "400"),
        .init("chunked twice in a list", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), "400"),
        .init(
            "chunked on two lines", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
            "400"),
        .init(
            "identity after chunked",
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"), "400"),
        .init(
            "identity before chunked",
            post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "400"),
        .init("identity", post("Transfer-Encoding: identity\r\nContent-Length: 3\r\n", "abc"), "400"),
        .init("identity in a list", post("Transfer-Encoding: identity, chunked\r\n", "0\r\n\r\n"), "400"),
        .init("chunked, identity", post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), "400"),
        .init("gzip", post("Transfer-Encoding: gzip\r\n"), "400"),
        .init("gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), "400"),
        .init("chunked, gzip", post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"), "400"),
        .init("empty encoding", post("Transfer-Encoding:\r\n", "0\r\n\r\n"), "400"),
        .init("empty list places", post("Transfer-Encoding: , chunked\r\n", "0\r\n\r\n"), "400"),
        .init("trailing comma after chunked", post("Transfer-Encoding: chunked,\r\n", "0\r\n\r\n"), "400"),
        .init("NUL after chunked", post("Transfer-Encoding: chunked\u{0}\r\n", "0\r\n\r\n"), "400"),
        .init("bare LF after chunked", post("Transfer-Encoding: chunked\nX: y\r\n", "0\r\n\r\n"), "400"),
        .init("bare CR within", post("Transfer-Encoding: chu\rnked\r\n", "0\r\n\r\n"), "400"),
        .init("bare CR before a name", post("\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "400"),
        .init("escaped letter", post("Transfer-Encoding: chunke%64\r\n", "0\r\n\r\n"), "400"),
        .init("dotless letters", post("Transfer-Encoding: chun\u{212}ed\r\n".replacingWide(), "0\r\n\r\n"), "400"),
        .init(
            "chunked in HTTP/1.0", "POST /p HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"),
        .init(
            "length hidden in a trailer",
            post("Transfer-Encoding: chunked\r\n", "0\r\nContent-Length: 30\r\n\r\n" + get("")), "POST /p", "GET /g"),
    ]

    private static let chunks: [SmugglingCase] = {
        func chunked(_ name: String, _ body: String, _ expected: String...) -> SmugglingCase {
            SmugglingCase(chunk: name, post("Transfer-Encoding: chunked\r\n", body), expected)
        }
        return [
            chunked("extension", "3;a=b\r\nabc\r\n0\r\n\r\n", "400"),
            chunked("extension of LF", "3;\nabc\r\n0\r\n\r\n", "400"),
            chunked("extension of CR", "3;\rabc\r\n0\r\n\r\n", "400"),
            chunked("bare semicolon", "3;\r\nabc\r\n0\r\n\r\n", "400"),
            chunked("extension on the last chunk", "0;x\r\n\r\n", "400"),
            chunked("space after the size", "3 \r\nabc\r\n0\r\n\r\n", "400"),
            chunked("space before the size", " 3\r\nabc\r\n0\r\n\r\n", "400"),
            chunked("tab after the size", "3\t\r\nabc\r\n0\r\n\r\n", "400"),
            chunked("plus size", "+3\r\nabc\r\n0\r\n\r\n", "400"),
            chunked("minus size", "-3\r\nabc\r\n0\r\n\r\n", "400"),
            chunked("0x size", "0x3\r\nabc\r\n0\r\n\r\n", "400"),
            chunked("underscore in the size", "0_3\r\nabc\r\n0\r\n\r\n", "400"),
            chunked("letter g", "g\r\n", "400"),
            chunked("empty size", "\r\nabc\r\n0\r\n\r\n", "400"),
            chunked("LF after the size", "3\nabc\r\n0\r\n\r\n", "400"),
            chunked("CR after the size", "3\rabc\r\n0\r\n\r\n", "400"),
            chunked("CR CR LF after the size", "3\r\r\nabc\r\n0\r\n\r\n", "400"),
            chunked("LF after the data", "3\r\nabc\n0\r\n\r\n", "400"),
            chunked("CR after the data", "3\r\nabc\r0\r\n\r\n", "400"),
            chunked("no end after the data", "3\r\nabc0\r\n\r\n", "400"),
            chunked("more data than said", "3\r\nabcd\r\n0\r\n\r\n", "400"),
            chunked("less data than said", "4\r\nabc\r\n0\r\n\r\n", "400"),
            chunked("leading zeros in the size", "0003\r\nabc\r\n00\r\n\r\n", "POST /p [abc]"),
            chunked("seventeen digits", "00000000000000003\r\nabc\r\n0\r\n\r\n", "400"),
            chunked("2^64 - 1", "ffffffffffffffff\r\n", "400"),
            chunked("2^63", "8000000000000000\r\n", "400"),
            chunked("2^63 - 1", "7fffffffffffffff\r\n", "413"),
            chunked("2^32 + 3", "100000003\r\nabc\r\n0\r\n\r\n", "413"),
            chunked("2^64 + 3", "10000000000000003\r\nabc\r\n0\r\n\r\n", "400"),
            chunked("one above the limit", "41\r\n", "413"),
            chunked("sum above the limit", "40\r\n" + String(repeating: "x", count: 64) + "\r\n1\r\n", "413"),
            chunked(
                "exactly the limit", "40\r\n" + String(repeating: "x", count: 64) + "\r\n0\r\n\r\n",
                "POST /p [" + String(repeating: "x", count: 64) + "]"),
            chunked("too many chunks", String(repeating: "1\r\nx\r\n", count: 60), "413"),
            chunked("LF as trailer end", "0\r\n\n", "400"),
            chunked("LF after the last chunk", "0\n\r\n", "400"),
            chunked("trailer without a colon", "0\r\nabc\r\n\r\n", "400"),
            chunked("folded trailer", "0\r\nA: b\r\n c\r\n\r\n", "400"),
            chunked("space before the colon of a trailer", "0\r\nA : b\r\n\r\n", "400"),
            chunked("NUL in a trailer", "0\r\nA: \u{0}\r\n\r\n", "400"),
            chunked("too many trailers", "0\r\n" + String(repeating: "A: b\r\n", count: 9) + "\r\n", "431"),
            chunked("too long a trailer", "0\r\nA: " + String(repeating: "b", count: 300), "431"),
            chunked("request behind the last chunk", "0\r\n\r\n" + smuggled, "POST /p", "GET /admin"),
            chunked("garbage behind the last chunk", "0\r\n\r\n\u{0}", "POST /p", "400"),
        ]
    }()

    private static let lines: [SmugglingCase] = [
        .init("LF only", "GET /g HTTP/1.1\nHost: a\n\n", "400"),
        .init("LF after the request line", "GET /g HTTP/1.1\nHost: a\r\n\r\n", "400"),
        .init("LF after a field", "GET /g HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", "400"),
        .init("LF as the empty line", "GET /g HTTP/1.1\r\nHost: a\r\n\n", "400"),
        .init("CR only", "GET /g HTTP/1.1\rHost: a\r\r", "400"),
        .init("CR CR LF", "GET /g HTTP/1.1\r\r\nHost: a\r\n\r\n", "400"),
        .init("CR within a value", get("X: a\rb\r\n"), "400"),
        .init("LF CR", "GET /g HTTP/1.1\n\rHost: a\n\r\n\r", "400"),
        .init("fold with space", get("X: a\r\n b\r\n"), "400"),
        .init("fold with tab", get("X: a\r\n\tb\r\n"), "400"),
        .init("fold right after the request line", "GET /g HTTP/1.1\r\n Host: a\r\n\r\n", "400"),
        .init("fold of nothing", get("X: a\r\n \r\n"), "400"),
        .init("NUL in a value", get("X: a\u{0}b\r\n"), "400"),
        .init("NUL in a name", get("X\u{0}: a\r\n"), "400"),
        .init("NUL in the target", "GET /\u{0} HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        .init("NUL first", "\u{0}" + get(""), "400"),
        .init("DEL in a value", get("X: \u{7F}\r\n"), "400"),
        .init("escape in a value", get("X: \u{1B}[2J\r\n"), "400"),
        .init("backspace in a value", get("X: a\u{8}\r\n"), "400"),
        .init("two empty lines before", "\r\n\r\n" + get(""), "400"),
        .init("LF before", "\n" + get(""), "400"),
        .init("space before", " " + get(""), "400"),
        .init("byte order mark", "\u{EF}\u{BB}\u{BF}" + get(""), "400"),
        .init("TLS hello", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}", "400"),
    ]

    private static let requestLines: [SmugglingCase] = [
        .init("HTTP/0.9", "GET /g\r\n", "400"),
        .init("HTTP/0.9 in words", "GET /g HTTP/0.9\r\n\r\n", "505"),
        .init("HTTP/1.2", "GET /g HTTP/1.2\r\nHost: a\r\n\r\n", "505"),
        .init("HTTP/2.0", "GET /g HTTP/2.0\r\nHost: a\r\n\r\n", "505"),
        .init("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"),
        .init("HTTP/9.9", "GET /g HTTP/9.9\r\nHost: a\r\n\r\n", "505"),
        .init("HTTP/1", "GET /g HTTP/1\r\nHost: a\r\n\r\n", "400"),
        .init("HTTP/1.10", "GET /g HTTP/1.10\r\nHost: a\r\n\r\n", "400"),
        .init("HTTP/01.1", "GET /g HTTP/01.1\r\nHost: a\r\n\r\n", "400"),
        .init("HTTP/1,1", "GET /g HTTP/1,1\r\nHost: a\r\n\r\n", "400"),
        .init("http in small letters", "GET /g http/1.1\r\nHost: a\r\n\r\n", "400"),
        .init("other protocol", "GET /g HTCP/1.1\r\nHost: a\r\n\r\n", "400"),
        .init("space after the version", "GET /g HTTP/1.1 \r\nHost: a\r\n\r\n", "400"),
        .init("two spaces before the target", "GET  /g HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        .init("two spaces before the version", "GET /g  HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        .init("tab instead of space", "GET\t/g HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        .init("tab before the version", "GET /g\tHTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        .init("space in the target", "GET /g /h HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        .init("no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        .init("method alone", "GET\r\n", "400"),
        .init("no method", " /g HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        .init("unknown method", "BREW /g HTTP/1.1\r\nHost: a\r\n\r\n", "405"),
        .init("method in small letters", "get /g HTTP/1.1\r\nHost: a\r\n\r\n", "405"),
        .init("connect", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", "405"),
        .init("trace", "TRACE /g HTTP/1.1\r\nHost: a\r\n\r\n", "405"),
        .init("method with a colon", "GE:T /g HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        .init("method and more", "GETX /g HTTP/1.1\r\nHost: a\r\n\r\n", "405"),
        .init("absolute form", "GET http://a/g HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        .init("absolute form of another host", "GET http://b/g HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        .init("authority form", "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        .init("asterisk in a get", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        .init("no slash", "GET g HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        .init("only a query", "GET ?a HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        .init("fragment", "GET /g#a HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        .init("backslash", "GET /g\\h HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        .init("quote in the target", "GET /\" HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        .init("bytes above ascii in the target", "GET /\u{E9} HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        .init("field as the request line", "Host: a\r\n\r\n", "400"),
        .init("status line", "HTTP/1.1 200 OK\r\n\r\n", "400"),
    ]

    private static let hosts: [SmugglingCase] = [
        .init("no host", "GET /g HTTP/1.1\r\n\r\n", "400"),
        .init("two hosts", get("Host: b\r\n"), "400"),
        .init("two equal hosts", get("Host: a\r\n"), "400"),
        .init("two hosts in HTTP/1.0", "GET /g HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", "400"),
        .init("two hosts in two cases", get("hOST: b\r\n"), "400"),
        .init("empty host", "GET /g HTTP/1.1\r\nHost:\r\n\r\n", "400"),
        .init("list of hosts", "GET /g HTTP/1.1\r\nHost: a, b\r\n\r\n", "400"),
        .init("user in the host", "GET /g HTTP/1.1\r\nHost: u@a\r\n\r\n", "400"),
        .init("path in the host", "GET /g HTTP/1.1\r\nHost: a/b\r\n\r\n", "400"),
        .init("url as host", "GET /g HTTP/1.1\r\nHost: http://a\r\n\r\n", "400"),
        .init("space in the host", "GET /g HTTP/1.1\r\nHost: a b\r\n\r\n", "400"),
        .init("port of letters", "GET /g HTTP/1.1\r\nHost: a:b\r\n\r\n", "400"),
        .init("two ports", "GET /g HTTP/1.1\r\nHost: a:1:2\r\n\r\n", "400"),
        .init("port of six digits", "GET /g HTTP/1.1\r\nHost: a:123456\r\n\r\n", "400"),
        .init("only a port", "GET /g HTTP/1.1\r\nHost: :80\r\n\r\n", "400"),
        .init("open bracket", "GET /g HTTP/1.1\r\nHost: [::1\r\n\r\n", "400"),
        .init("name in brackets", "GET /g HTTP/1.1\r\nHost: [xyz]\r\n\r\n", "400"),
        .init("name behind brackets", "GET /g HTTP/1.1\r\nHost: [::1]a\r\n\r\n", "400"),
        .init("host with a port", "GET /g HTTP/1.1\r\nHost: a_b-c.d:8080\r\n\r\n", "GET /g"),
        .init("IPv4 host", "GET /g HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "GET /g"),
        .init("IPv6 host", "GET /g HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", "GET /g"),
        .init("host with a space before the colon", "GET /g HTTP/1.1\r\nHost : a\r\n\r\n", "400"),
    ]

    private static let fields: [SmugglingCase] = [
        .init("no colon", get("abc\r\n"), "400"),
        .init("empty name", get(": a\r\n"), "400"),
        .init("space in a name", get("X Y: a\r\n"), "400"),
        .init("bracket in a name", get("X(: a\r\n"), "400"),
        .init("slash in a name", get("X/Y: a\r\n"), "400"),
        .init("byte above ascii in a name", get("X\u{E9}: a\r\n"), "400"),
        .init("quotes around a name", get("\"X\": a\r\n"), "400"),
        .init("two content types", get("Content-Type: a\r\nContent-Type: b\r\n"), "400"),
        .init("two keys", get("Idempotency-Key: a\r\nIdempotency-Key: a\r\n"), "400"),
        .init("two authorizations", get("Authorization: a\r\nAuthorization: b\r\n"), "400"),
        .init("two traceparents", get("traceparent: a\r\nTraceparent: b\r\n"), "400"),
        .init("two connections", get("Connection: a\r\nConnection: b\r\n"), "GET /g"),
        .init("two user agents", get("User-Agent: a\r\nUser-Agent: b\r\n"), "GET /g"),
        .init("expect continue", post("Expect: 100-continue\r\nContent-Length: 1\r\n", "x"), "POST /p [x]"),
        .init("expect something else", post("Expect: 200-ok\r\nContent-Length: 1\r\n", "x"), "417"),
        .init("expect more than continue", post("Expect: 100-continue, x\r\nContent-Length: 1\r\n", "x"), "417"),
        .init("expect in HTTP/1.0 is ignored", "GET /g HTTP/1.0\r\nExpect: x\r\n\r\n", "GET /g"),
    ]

    private static let limits: [SmugglingCase] = [
        .init(
            "target of the limit", "GET /" + String(repeating: "a", count: 63) + " HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /" + String(repeating: "a", count: 63)),
        .init(
            "target above the limit", "GET /" + String(repeating: "a", count: 64) + " HTTP/1.1\r\nHost: a\r\n\r\n",
            "414"),
        .init("target without end", "GET /" + String(repeating: "a", count: 300), "414"),
        .init("eight fields", get(String(repeating: "X: y\r\n", count: 7)), "GET /g"),
        .init("nine fields", get(String(repeating: "X: y\r\n", count: 8)), "431"),
        .init("head of the limit", get("X: " + String(repeating: "y", count: 223) + "\r\n"), "GET /g"),
        .init("head above the limit", get("X: " + String(repeating: "y", count: 224) + "\r\n"), "431"),
        .init("head without end", get("X: " + String(repeating: "y", count: 300)), "431"),
        .init(
            "body of the limit", post("Content-Length: 64\r\n", String(repeating: "x", count: 64)),
            "POST /p [" + String(repeating: "x", count: 64) + "]"),
    ]

    private static let followers: [SmugglingCase] = [
        .init(
            "request in a counted body", post("Content-Length: \(smuggled.utf8.count)\r\n", smuggled),
            "POST /p [" + smuggled + "]"),
        .init("request behind a body of length 0", post("Content-Length: 0\r\n", smuggled), "POST /p", "GET /admin"),
        .init("garbage behind a request", get("") + "garbage\r\n", "GET /g", "400"),
        .init("NUL behind a request", get("") + "\u{0}", "GET /g", "400"),
        .init("body behind a get", get("") + "abc=def\r\n\r\n", "GET /g", "400"),
        .init("chunks behind a get", get("") + "3\r\nabc\r\n0\r\n\r\n", "GET /g", "400"),
    ]
}

extension SmugglingCase {
    fileprivate init(chunk name: String, _ input: String, _ expected: [String]) {
        self.name = "chunk: " + name
        self.input = input
        self.expected = expected
    }
}

extension String {
    /// Latin-1 has no letters beyond 0xFF; what stands for one becomes its low byte.
    fileprivate func replacingWide() -> String {
        String(String.UnicodeScalarView(unicodeScalars.map { Unicode.Scalar(UInt8(truncatingIfNeeded: $0.value)) }))
    }

    /// One byte per character.
    var latin1: [UInt8] { unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }
}
