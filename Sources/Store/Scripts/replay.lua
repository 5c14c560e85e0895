-- replay.lua: answer the replays in a batch of purchases with their tickets, while the store takes no newcomers.
--
-- KEYS     those of admit.lua
-- ARGV     those of admit.lua
--
-- Returns: {EACH_ANSWERED, version, head, tail, free, held, packed, largest}, as admit.lua does: 8 bytes a purchase,
--          each of them ANSWER_NO_REPLAY for a purchase that is no replay.
-- Cost: O(n). Idempotent: yes, it only reads.
--- constants: EACH_ANSWERED, ANSWER_NO_REPLAY, ANSWER_LENGTH, RESULT_CANCELLED, SEQUENCE

local META, QUEUE, USERS, HOLDERS = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
--- include: batch, records, item, results

local refused = open_item(ARGV[1], ARGV[2], 'largest')
if refused then return refused end

known = redis.call('HMGET', USERS, cmsgpack.unpack(ARGV[8]))
entries = {cmsgpack.unpack(ARGV[9])}
local codes = {}
for i = 1, n do
    local code, record, is_without_key
    if known[i] then code, record, is_without_key = earlier_purchase(known[i], i) end
    -- A user who cancelled, and sends another purchase without a key, is a newcomer.
    if is_without_key and result_byte(struct.unpack(SEQUENCE, record)) == RESULT_CANCELLED then code = nil end
    codes[i] = code and answer(code, record) or string.rep(string.char(ANSWER_NO_REPLAY), ANSWER_LENGTH)
end
return {EACH_ANSWERED, meta.version, meta.head, meta.tail, meta.free, meta.held, table.concat(codes), meta.largest}
