import Testing

@testable import Operations

@Test func `the URL of a PostgreSQL shows without its passwords`() {
    for (url, shown) in [
        ("postgresql://", "postgresql://"), ("postgres://h:5/d", "postgres://h:5/d"),
        ("postgresql://u@h/d?host=/tmp/a@b", "postgresql://u@h/d?host=/tmp/a@b"),
        ("postgresql://u:hush@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u:h?u@sh@h,i/", "postgresql://u:***@h,i/"),
        ("postgresql://u:hush@", "postgresql://u:***@"),
        ("postgresql:///d?password=hush", "postgresql:///d?password=***"),
        (
            "postgresql://u:hush@h?user=v&sslpassword=hush&sslmode=require",
            "postgresql://u:***@h?user=v&sslpassword=***&sslmode=require"
        ),
    ] { #expect(maskedPostgresURL(url) == shown) }
}

@Test func `the URL of a PostgreSQL is one line of a known scheme`() throws {
    let kind = OptionKind<Secret<String>>.postgresURL
    #expect(try kind.parse(" postgresql://h/d \n").exposed == "postgresql://h/d")
    for text in ["", "h/d", "host=h", "redis://h", "postgresql://h/d\npostgresql://i", "postgresql://h/\u{7}"] {
        #expect(throws: BadValue.self) { try kind.parse(text) }
    }
}
