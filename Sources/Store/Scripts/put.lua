-- put.lua: create an item, or change some of its settings.
--
-- KEYS[1]  meta    HASH    sluice:{item}:meta
-- KEYS[2]  ledger  STREAM  sluice:{item}:ledger
-- KEYS[3]  queue   LIST    dropped when the item ends by a smaller stock  sluice:{item}:queue
-- ARGV[2]  "" (any incarnation)
-- ARGV[3]  incarnation for a new item, which also names its first life; ARGV[4] salt for a new item, 16 bytes
-- ARGV[5]  stock, units in all, "" leaves it; ARGV[6...] field, value pairs of meta; a new item has defaults for the
--         rest
--
-- Returns: {1 created | 0 updated, counters...}, or {-4, units held and sold} when the stock would be below them,
--          or {-5} when a new item has no stock.
-- Cost: O(fields). Idempotent: yes.

local values = redis.call('HMGET', KEYS[1], 'boot')
check('XLEN', KEYS[2])
local created = not values[1]
if created then
    if ARGV[5] == '' then return {-5} end
    for _, name in ipairs(COUNTERS) do meta[name] = 0 end
    meta.on_sold_out_close, meta.incarnation = 0, ARGV[3]
else
    local refused = open_item('on_sold_out_close')
    if refused then return refused end
end
local total = tonumber(ARGV[5]) or meta.free + meta.held + meta.sold
local free = total - meta.held - meta.sold
if free < 0 then return {-4, meta.held + meta.sold} end
if created then
    -- Redis looks for a field from the first one on: those that every admission reads come first.
    redis.call('HSET', KEYS[1], 'boot', ARGV[1], 'incarnation', ARGV[3], 'version', 0, 'head', 0, 'tail', 0,
        'cancelled', 0, 'free', 0, 'held', 0, 'ended', 0, 'frozen', 0, 'closed', 0, 'paused', 0, 'opens_at', 0,
        'closes_at', 0, 'queue_limit', math.max(1, total * 3), 'per_user_units', 0, 'largest', 1, 'per_user_limit', 1,
        'on_sold_out_close', 0, 'weight', 1, 'salt', ARGV[4], 'life', ARGV[3])
end
if #ARGV > 5 then redis.call('HSET', KEYS[1], unpack(ARGV, 6)) end
if free ~= meta.free then
    redis.call('XADD', KEYS[2], '*', 'v', meta.version + 1, 'stock', free - meta.free)
    meta.free = free
end
if meta.free > 0 then meta.ended = 0 end
end_if_done(redis.call('HGET', KEYS[1], 'on_sold_out_close') == '1')
commit('C')
return reply(created and 1 or 0)
