-- put.lua: create an item, or change some of its settings.
--
-- KEYS[1]  meta    HASH    sluice:{item}:meta
-- KEYS[2]  ledger  STREAM  sluice:{item}:ledger
-- KEYS[3]  queue   LIST    dropped when the item ends by a smaller stock  sluice:{item}:queue
-- KEYS[4]  gone    HASH    left by check_durability.lua where the store lost an item of this name  sluice:{item}:gone
-- ARGV[2]  "" (any incarnation)
-- ARGV[3]  incarnation for a new item, which also names its first life; ARGV[4] salt for a new item, 16 bytes
-- ARGV[5]  stock, units in all, "" leaves it
-- ARGV[6]  which items may be changed: "" any or none, "*" any, else " tag tag " of an incarnation and an edition
-- ARGV[7]  what a new item may be: 0 nothing, 1 the first of its name, 2 also another one where the store lost the last
-- ARGV[8...] field, value pairs of meta; a new item has defaults for the rest
--
-- Returns: {1 created | 0 updated, counters...}, or {-4, units held and sold} when the stock would be below them,
--          {-5} when a new item has no stock, {-6} when it is not one of the items of ARGV[6], {-7, opens_at,
--          closes_at} when it would close before it opens, {-8, units sold or held} when the store lost an item of
--          this name, {-9} when it would be new and must not be.
-- Cost: O(fields). Idempotent: yes.

local values = redis.call('HMGET', KEYS[1], 'boot', 'edition')
check('XLEN', KEYS[2])
local created = not values[1]
if created then
    if ARGV[6] ~= '' then return {-6} end
    if ARGV[7] == '0' then return {-9} end
    local gone = redis.call('HMGET', KEYS[4], 'sold', 'held')
    if gone[1] and ARGV[7] ~= '2' then return {-8, tonumber(gone[1]) + tonumber(gone[2])} end
    if ARGV[5] == '' then return {-5} end
    for _, name in ipairs(COUNTERS) do meta[name] = 0 end
    meta.on_sold_out_close, meta.incarnation, meta.opens_at, meta.closes_at = 0, ARGV[3], 0, 0
else
    local refused = open_item('on_sold_out_close', 'opens_at', 'closes_at', 'queue_limit', 'queue_limit_is_set')
    if refused then return refused end
    local tag = ' ' .. meta.incarnation .. '-' .. (values[2] or 0) .. ' '
    if ARGV[6] ~= '' and ARGV[6] ~= '*' and not string.find(ARGV[6], tag, 1, true) then return {-6} end
end
local wanted = {}
for at = 8, #ARGV, 2 do wanted[ARGV[at]] = tonumber(ARGV[at + 1]) end
local opens_at, closes_at = wanted.opens_at or meta.opens_at, wanted.closes_at or meta.closes_at
if (wanted.opens_at or wanted.closes_at) and closes_at > 0 and closes_at <= opens_at then
    return {-7, opens_at, closes_at}
end
local before = meta.free + meta.held + meta.sold
local total = tonumber(ARGV[5]) or before
local free = total - meta.held - meta.sold
if free < 0 then return {-4, meta.held + meta.sold} end
if created then
    redis.call('DEL', KEYS[4])
    -- Redis looks for a field from the first one on: those that every admission reads come first.
    redis.call('HSET', KEYS[1], 'boot', ARGV[1], 'incarnation', ARGV[3], 'version', 0, 'head', 0, 'tail', 0,
        'cancelled', 0, 'free', 0, 'held', 0, 'ended', 0, 'frozen', 0, 'closed', 0, 'paused', 0, 'opens_at', 0,
        'closes_at', 0, 'queue_limit', default_queue_limit(total), 'per_user_units', 0, 'largest', 1,
        'per_user_limit', 1, 'on_sold_out_close', 0, 'weight', 1, 'salt', ARGV[4], 'holding', 0,
        'life', ARGV[3])
elseif before == 0 and total > 0 and meta.queue_limit == 1 and meta.queue_limit_is_set ~= 1 then
    redis.call('HSET', KEYS[1], 'queue_limit', default_queue_limit(total))  -- nobody meant that one may wait
end
if #ARGV > 7 then redis.call('HSET', KEYS[1], unpack(ARGV, 8)) end
if wanted.queue_limit then redis.call('HSET', KEYS[1], 'queue_limit_is_set', 1) end
redis.call('HINCRBY', KEYS[1], 'edition', 1)
if free ~= meta.free then
    redis.call('XADD', KEYS[2], '*', 'v', meta.version + 1, 'stock', free - meta.free)
    meta.free = free
end
if meta.free > 0 then meta.ended = 0 end
end_if_done(redis.call('HGET', KEYS[1], 'on_sold_out_close') == '1')
commit('C')
return reply(created and 1 or 0)
