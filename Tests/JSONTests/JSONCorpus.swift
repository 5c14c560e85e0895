import Testing

/// Documents and what a strict reader says of them, one line each.
struct JSONCase: Sendable, CustomTestStringConvertible {
    let bytes: [UInt8]
    let why: String

    init(_ text: String, _ why: String = "") {
        bytes = Array(text.utf8)
        self.why = why
    }

    init(_ bytes: [UInt8], _ why: String) {
        self.bytes = bytes
        self.why = why
    }

    var testDescription: String { why.isEmpty ? String(decoding: bytes.prefix(60), as: UTF8.self) : why }

    /// A string whose inside is `inside`.
    static func quoted(_ inside: [UInt8], _ why: String) -> JSONCase {
        JSONCase([UInt8(ascii: "\"")] + inside + [UInt8(ascii: "\"")], why)
    }
}

enum JSONCorpus {
    static let valid: [JSONCase] = [
        JSONCase("{}"), JSONCase("[]"), JSONCase("[[]]"), JSONCase("[{}]"), JSONCase(#"{"a":{}}"#),
        JSONCase("null"), JSONCase("true"), JSONCase("false"), JSONCase("0"), JSONCase("-0"), JSONCase("-1"),
        JSONCase("1.0"), JSONCase("1e2"), JSONCase("1E+2"), JSONCase("1e-2"), JSONCase("0e1"), JSONCase("0.1e1"),
        JSONCase("-0.0"), JSONCase("1e999", "a number no double holds"), JSONCase("123456789012345678901234567890"),
        JSONCase(String(repeating: "9", count: 100_000), "100,000 digits"),
        JSONCase("0." + String(repeating: "0", count: 100_000), "100,000 digits of fraction"),
        JSONCase("\"\""), JSONCase(#""a""#), JSONCase(#""\"\\\/\b\f\n\r\t""#), JSONCase(#""\u0000""#),
        JSONCase(#""\u00e9\u00E9""#), JSONCase(#""\uD83D\uDE00""#, "a surrogate pair"), JSONCase(#""\udbff\udfff""#),
        JSONCase(#""\uD7FF\uE000\uFFFF""#, "neighbours of the surrogates"), JSONCase("\"é\""), JSONCase("\"😀\""),
        JSONCase("\"\u{7F}\"", "DEL needs no escape"), JSONCase("\"\u{2028}\""), JSONCase("\"\u{10FFFF}\""),
        JSONCase.quoted([0xC2, 0x80], "the first of two bytes"),
        JSONCase.quoted([0xDF, 0xBF], "the last of two bytes"),
        JSONCase.quoted([0xE0, 0xA0, 0x80], "the first of three bytes"),
        JSONCase.quoted([0xED, 0x9F, 0xBF], "the last before the surrogates"),
        JSONCase.quoted([0xEE, 0x80, 0x80], "the first after the surrogates"),
        JSONCase.quoted([0xEF, 0xBF, 0xBF], "the last of three bytes"),
        JSONCase.quoted([0xF0, 0x90, 0x80, 0x80], "the first of four bytes"),
        JSONCase.quoted([0xF4, 0x8F, 0xBF, 0xBF], "the last of four bytes"),
        JSONCase.quoted([0xEF, 0xBB, 0xBF], "a byte order mark inside a string"),
        JSONCase(" \t\r\n{ \"a\" : [ 1 , 2 ] } \n", "white space everywhere"), JSONCase("[1,2,3]"),
        JSONCase(#"{"a":1,"a":2}"#, "repeated unknown keys"), JSONCase(#"{"":0}"#),
        JSONCase(#"{"a":[true,null,{"b":[]}]}"#),
        JSONCase(String(repeating: "[", count: 16) + String(repeating: "]", count: 16), "depth 16"),
        JSONCase(
            String(repeating: "{\"a\":", count: 16) + "1" + String(repeating: "}", count: 16), "objects, depth 16"),
        JSONCase("[" + String(repeating: "[],", count: 1000) + "[]]", "many brothers are not depth"),
        JSONCase("\"" + String(repeating: "x", count: 100_000) + "\"", "a long string"),
        JSONCase(#"{"\u0061":1}"#), JSONCase("[-9223372036854775808]"), JSONCase("[1.5e+10,-2E-3]"),
    ]

    static let invalid: [JSONCase] = [
        JSONCase("", "nothing"), JSONCase(" ", "white space only"), JSONCase("{"), JSONCase("["), JSONCase("}"),
        JSONCase("]"),
        JSONCase("{]"), JSONCase("[}"), JSONCase("[1}"), JSONCase(#"{"a":1]"#), JSONCase("[1"), JSONCase("[1,"),
        JSONCase("[1,]"), JSONCase("[,1]"), JSONCase("[1,,2]"), JSONCase("[,]"), JSONCase("[1 2]"), JSONCase("[1:2]"),
        JSONCase(#"{"a"}"#), JSONCase(#"{"a":}"#), JSONCase(#"{"a":1,}"#), JSONCase(#"{,"a":1}"#),
        JSONCase(#"{"a" 1}"#),
        JSONCase(#"{"a"::1}"#), JSONCase(#"{"a":1 "b":2}"#), JSONCase(#"{"a":1,,"b":2}"#), JSONCase("{a:1}"),
        JSONCase("{'a':1}"), JSONCase("{1:1}"), JSONCase("{null:1}"), JSONCase("{[]:1}"), JSONCase(#"{"a","b"}"#),
        JSONCase("[]]"), JSONCase("{}}"), JSONCase("{} {}"), JSONCase("1 2"), JSONCase("[]x"),
        JSONCase("{}\u{0}", "NUL after the end"),
        JSONCase("{},"), JSONCase("\u{0}"), JSONCase("[\u{0}]"), JSONCase("[1]#"), JSONCase("[1]//x"),
        JSONCase("/**/[1]"),
        JSONCase("\u{FEFF}{}", "a byte order mark"), JSONCase([0xFE, 0xFF, 0x00, 0x7B], "UTF-16"),
        JSONCase([0x7B, 0x00, 0x7D, 0x00], "UTF-16 without a mark"),
        JSONCase("\u{A0}[]", "white space that is not JSON's"),
        JSONCase("[\u{0B}]"), JSONCase("[\u{0C}]"), JSONCase("\u{2028}[]"),
        JSONCase("nul"), JSONCase("nulll"), JSONCase("Null"), JSONCase("tru"), JSONCase("truE"), JSONCase("True"),
        JSONCase("fals"), JSONCase("falsee"), JSONCase("undefined"), JSONCase("NaN"), JSONCase("nan"),
        JSONCase("Infinity"),
        JSONCase("-Infinity"), JSONCase("inf"),
        JSONCase("01"), JSONCase("00"), JSONCase("-01"), JSONCase("-"), JSONCase("--1"), JSONCase("+1"), JSONCase("1."),
        JSONCase(".1"), JSONCase("-.1"), JSONCase("1.e1"), JSONCase("1e"), JSONCase("1e+"), JSONCase("1E-"),
        JSONCase("1e1.5"), JSONCase("1ee1"), JSONCase("1.2.3"), JSONCase("0x1F"), JSONCase("1_000"), JSONCase("1,5"),
        JSONCase("[1 000]"), JSONCase("1a"), JSONCase("[-]"), JSONCase("[- 1]"), JSONCase("１", "a full-width digit"),
        JSONCase("1+2"),
        JSONCase("\""), JSONCase("\"a"), JSONCase("'a'"), JSONCase("a"), JSONCase(#""\""#), JSONCase(#""\x41""#),
        JSONCase(#""\a""#), JSONCase(#""\0""#), JSONCase(#""\'""#), JSONCase(#""\U0041""#), JSONCase(#""\u""#),
        JSONCase(#""\u1""#), JSONCase(#""\u12""#), JSONCase(#""\u123""#), JSONCase(#""\u123g""#),
        JSONCase(#""\u 123""#),
        JSONCase(#""\u-123""#), JSONCase(#""\ué000""#),
        JSONCase(#""\uD800""#, "a lone high surrogate"), JSONCase(#""\uDC00""#, "a lone low surrogate"),
        JSONCase(#""\uD800x""#), JSONCase(#""\uD800\n""#), JSONCase(#""\uD800\uD800""#), JSONCase(#""\uDC00\uD800""#),
        JSONCase(#""\uD800\u0041""#), JSONCase(#""\uD83D\uDE0""#), JSONCase(#"{"\uD800":1}"#),
        JSONCase(#""\uDBFF\uE000""#),
        JSONCase("\"\u{0}\""), JSONCase("\"\n\""), JSONCase("\"\t\""), JSONCase("\"\u{1F}\""), JSONCase("\"a\rb\""),
        JSONCase("{\"a\nb\":1}"),
        JSONCase.quoted([0x80], "a lone continuation"), JSONCase.quoted([0xBF], "a lone continuation, the last"),
        JSONCase.quoted([0xC0, 0x80], "NUL in two bytes"), JSONCase.quoted([0xC1, 0xBF], "overlong in two bytes"),
        JSONCase.quoted([0xC2], "two bytes cut"), JSONCase.quoted([0xC2, 0x41], "two bytes without the second"),
        JSONCase.quoted([0xE0, 0x80, 0x80], "NUL in three bytes"),
        JSONCase.quoted([0xE0, 0x9F, 0xBF], "overlong in three bytes"),
        JSONCase.quoted([0xE1, 0x80], "three bytes cut"),
        JSONCase.quoted([0xE1, 0x80, 0x41], "three bytes without the third"),
        JSONCase.quoted([0xED, 0xA0, 0x80], "a surrogate in UTF-8"),
        JSONCase.quoted([0xED, 0xBF, 0xBF], "the last surrogate in UTF-8"),
        JSONCase.quoted([0xF0, 0x80, 0x80, 0x80], "NUL in four bytes"),
        JSONCase.quoted([0xF0, 0x8F, 0xBF, 0xBF], "overlong in four bytes"),
        JSONCase.quoted([0xF0, 0x90, 0x80], "four bytes cut"),
        JSONCase.quoted([0xF4, 0x90, 0x80, 0x80], "above U+10FFFF"),
        JSONCase.quoted([0xF5, 0x80, 0x80, 0x80], "F5"), JSONCase.quoted([0xF8, 0x88, 0x80, 0x80, 0x80], "five bytes"),
        JSONCase.quoted([0xFC, 0x84, 0x80, 0x80, 0x80, 0x80], "six bytes"), JSONCase.quoted([0xFE], "FE"),
        JSONCase.quoted([0xFF], "FF"), JSONCase([0x5B, 0xE9, 0x5D], "Latin-1 outside a string"),
        JSONCase([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D], "invalid UTF-8 in a key"),
        JSONCase(String(repeating: "[", count: 17) + String(repeating: "]", count: 17), "depth 17"),
        JSONCase(String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000), "depth 10,000"),
        JSONCase(String(repeating: "[", count: 1_000_000), "a million brackets"),
        JSONCase(String(repeating: "{\"a\":", count: 10_000), "10,000 objects, none closed"),
        JSONCase("0" + String(repeating: "1", count: 100_000), "100,000 digits after a zero"),
        JSONCase(String(repeating: "-", count: 1000)), JSONCase("[" + String(repeating: ",", count: 1000) + "]"),
    ]
}
