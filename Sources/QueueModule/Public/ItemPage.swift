import Base
import Domain

/// The answer to requests for an item, kept until something in it changes: thousands ask for the same item in the same
/// turn of the loop.
struct ItemPage: ~Copyable {
    private(set) var body = ByteBuffer()
    /// A weak tag of everything but the time, so that caches may collapse requests.
    private(set) var tag: [UInt8] = []
    private var shown: ItemBody?

    mutating func update(to item: ItemBody) {
        let isSame = shown.map { $0.showsTheSame(as: item) } ?? false
        if isSame, shown?.storeTime == item.storeTime { return }
        if !isSame {
            var timeless = ByteBuffer(capacity: 512)
            timeless.appendJSON { item.write(to: &$0, withTime: false) }
            tag = Array(timeless.withSpan { ItemBody.tag(of: $0) }.utf8)
        }
        body.clear()
        body.appendJSON { item.write(to: &$0) }
        shown = item
    }

    /// Whether `tags`, the value of If-None-Match, names `tag` or anything at all.
    static func matches(_ tags: Span<UInt8>, _ tag: [UInt8]) -> Bool { tags.equals("*") || tags.contains(tag.span) }
}
