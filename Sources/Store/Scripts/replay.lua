-- replay.lua: tell the repeats in a batch of purchases of their tickets, while the store takes no newcomers.
--
-- KEYS     those of admit.lua
-- ARGV     those of admit.lua
--
-- Returns: {1, version, head, tail, free, held, packed, largest}, as admit.lua does: 8 bytes a purchase, all 255 where
--          it is no repeat.
-- Cost: O(n). Idempotent: yes, it only reads.

local refused = open_item('largest')
if refused then return refused end

known = redis.call('HMGET', KEYS[3], cmsgpack.unpack(ARGV[8]))
entries = {cmsgpack.unpack(ARGV[9])}
local codes = {}
for i = 1, n do
    local code, record, is_without_key
    if known[i] then code, record, is_without_key = replay(known[i], string.sub(entries[2 * i], behind_sequence)) end
    -- Who cancelled and presses again without a key buys again: a newcomer.
    if is_without_key and string.byte(result_bytes(struct.unpack('>I4', record), 1)) == CANCELLED then code = nil end
    codes[i] = code and answer(code, record) or string.rep('\255', 8)
end
return {1, meta.version, meta.head, meta.tail, meta.free, meta.held, table.concat(codes), meta.largest}
