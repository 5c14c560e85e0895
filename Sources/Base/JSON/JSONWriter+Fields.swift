/// A key and its value in one call, for the many fields that are just that.
extension JSONWriter {
    public mutating func field(_ name: StaticString, _ value: String) {
        key(name)
        string(value)
    }

    public mutating func field(_ name: StaticString, _ value: Span<UInt8>) {
        key(name)
        string(value)
    }

    public mutating func field(_ name: StaticString, constant value: StaticString) {
        key(name)
        string(value)
    }

    public mutating func field(_ name: StaticString, _ value: Int64) {
        key(name)
        integer(value)
    }

    public mutating func field(_ name: StaticString, _ value: Bool) {
        key(name)
        bool(value)
    }

    /// Writes null for nil.
    public mutating func field(_ name: StaticString, _ value: Int64?) {
        key(name)
        if let value { integer(value) } else { null() }
    }

    /// Writes null for nil.
    public mutating func field(_ name: StaticString, _ value: String?) {
        key(name)
        if let value { string(value) } else { null() }
    }

    /// Writes an RFC 3339 string, null for nil.
    public mutating func field(_ name: StaticString, _ value: WallInstant?) {
        key(name)
        if let value { time(value) } else { null() }
    }

    public mutating func nullField(_ name: StaticString) {
        key(name)
        null()
    }
}
