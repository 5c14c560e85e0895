/// One scrape as it is sent.
public struct MetricsText: Sendable {
    public var bytes: [UInt8]
    public var contentType: StaticString

    public init(_ bytes: [UInt8], contentType: StaticString) {
        self.bytes = bytes
        self.contentType = contentType
    }
}
