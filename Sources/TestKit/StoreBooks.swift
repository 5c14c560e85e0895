/// What the store has written down of one item's payments and units, read from outside and added up anew.
public struct StoreBooks: Sendable {
    /// The payment that bought a purchase, by sequence.
    public var payments: [Int64: String] = [:]
    /// References of what is to be paid back.
    public var due: Set<String> = []
    // Units, as the ledger comes to.
    public var free: Int64 = 0
    public var held: Int64 = 0
    public var sold: Int64 = 0
    /// The ledger has the same movement twice.
    public var isDoubled = false
    /// Nobody was served, for the first time, after a later one.
    public var isInOrder = true

    public init() {}

    public init(of item: String, from redis: BlockingRedis) throws {
        let pairs = try redis.command(["HGETALL", "sluice:{\(item)}:payments"]).strings
        for at in stride(from: 0, to: pairs.count - 1, by: 2) {
            let words = pairs[at].split(separator: " ", maxSplits: 1)
            if words.count == 2 {
                due.insert(String(words[1]))
            } else {
                payments[Int64(pairs[at]) ?? 0] = pairs[at + 1]
            }
        }
        let sums = try redis.command(["EVAL", Self.addUp, "1", "sluice:{\(item)}:ledger"])
        guard case .array(let numbers) = sums, numbers.count == 5 else { throw Unreadable(reply: "\(sums)") }
        (free, held, sold) = (numbers[0].number ?? -1, numbers[1].number ?? -1, numbers[2].number ?? -1)
        (isDoubled, isInOrder) = (numbers[3].number != 0, numbers[4].number == 1)
    }

    public struct Unreadable: Error { let reply: String }

    /// Kinds of movements as docs/architecture.md has them.
    private static let addUp = """
        local free, held, sold, doubled, last, ordered, from, seen, taken = 0, 0, 0, 0, 0, 1, '-', {}, {}
        while true do
            local part = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 500)
            if #part == 0 then return {free, held, sold, doubled, ordered} end
            from = '(' .. part[#part][1]
            for _, entry in ipairs(part) do
                for place = 3, #entry[2], 2 do
                    local name, text = entry[2][place], entry[2][place + 1]
                    if name == 'stock' then free = free + tonumber(text) end
                    for at = 1, name == 'm' and #text or 0, 12 do
                        local kind, attempt, quantity, first, count = struct.unpack('>BBI2I4I4', text, at)
                        local units = quantity * count
                        if kind == 1 then free, sold = free - units, sold + units end
                        if kind == 2 then free, held = free - units, held + units end
                        if kind == 3 or kind == 9 then held, sold = held - units, sold + units end
                        if kind == 4 or kind == 10 or kind == 11 then held, free = held - units, free + units end
                        if kind == 12 then sold, free = sold - units, free + units end
                        for sequence = first, first + count - 1 do
                            local movement = kind .. ' ' .. attempt .. ' ' .. sequence
                            if seen[movement] and kind < 14 then doubled = doubled + 1 end
                            seen[movement] = true
                            if (kind == 1 or kind == 2) and not taken[sequence] then
                                if sequence < last then ordered = 0 end
                                last, taken[sequence] = sequence, true
                            end
                        end
                    end
                end
            end
        end
        """
}

extension RedisReply {
    fileprivate var strings: [String] {
        if case .array(let parts) = self { parts.compactMap(\.string) } else { [] }
    }
}
