-- put.lua: create an item, or change some of its settings.
--
-- KEYS[1]  meta    HASH    sluice:{item}:meta
-- KEYS[2]  ledger  STREAM  sluice:{item}:ledger
-- KEYS[3]  queue   LIST    kept for the books when the item ends by a smaller stock  sluice:{item}:queue
-- KEYS[4]  gone    HASH    from check_durability.lua, where the store lost an item of this name  sluice:{item}:gone
-- ARGV[2]  "" (any incarnation)
-- ARGV[3]  incarnation for a new item, which also names its first life; ARGV[4] salt for a new item, 16 bytes
-- ARGV[5]  stock, units in all; "": as before
-- ARGV[6]  which items may be changed: "" any or none, "*" any, else " tag tag " of an incarnation and an edition
-- ARGV[7]  whether an item may be made: CREATION_REFUSED no, 1 where none of its name was lost, CREATION_AS_NEW also
--          where the store lost one
-- ARGV[FIRST...] field, value pairs of meta; a new item has defaults for the others
--
-- Returns: {PUT_CREATED or PUT_UPDATED, counters...}, or {PUT_BELOW_HELD_AND_SOLD, units held and sold} when the stock
--          would be below them, {PUT_STOCK_MISSING} when a new item has no stock, {PUT_CHANGED_MEANWHILE} when it is
--          not one of the items of ARGV[6], {PUT_CLOSES_TOO_EARLY, opens_at, closes_at} when it would close before it
--          opens, {PUT_LOST_BEFORE, units sold or held} when the store lost an item of this name, {PUT_NOT_YET} when it
--          would be new and must not be.
-- Cost: O(fields). Idempotent: yes.
--- constants: PUT_CREATED, PUT_UPDATED, PUT_BELOW_HELD_AND_SOLD, PUT_STOCK_MISSING, PUT_CHANGED_MEANWHILE
--- constants: PUT_CLOSES_TOO_EARLY, PUT_LOST_BEFORE, PUT_NOT_YET, CREATION_REFUSED, CREATION_AS_NEW, SETTINGS_CHANGED
--- constants: LEDGER_STOCK, DELETED_KEY, FIRST = 8

local META, LEDGER, GONE = KEYS[1], KEYS[2], KEYS[4]
--- include: item, check, ledger, commit, settings

local values = redis.call('HMGET', META, 'boot', 'edition')
check('XLEN', LEDGER)
local created = not values[1]
if created then
    local creation = tonumber(ARGV[7])
    if ARGV[6] ~= '' then return {PUT_CHANGED_MEANWHILE} end
    if creation == CREATION_REFUSED then return {PUT_NOT_YET} end
    local gone = redis.call('HMGET', GONE, 'sold', 'held')
    if gone[1] and creation ~= CREATION_AS_NEW then return {PUT_LOST_BEFORE, tonumber(gone[1]) + tonumber(gone[2])} end
    if ARGV[5] == '' then return {PUT_STOCK_MISSING} end
    for _, name in ipairs(counter_names) do meta[name] = 0 end
    meta.on_sold_out_close, meta.incarnation, meta.opens_at, meta.closes_at = 0, ARGV[3], 0, 0
else
    local refused = open_item(ARGV[1], ARGV[2], 'on_sold_out_close', 'opens_at', 'closes_at', 'queue_limit',
        'queue_limit_is_set')
    if refused then return refused end
    local tag = ' ' .. meta.incarnation .. '-' .. (values[2] or 0) .. ' '
    if ARGV[6] ~= '' and ARGV[6] ~= '*' and not string.find(ARGV[6], tag, 1, true) then
        return {PUT_CHANGED_MEANWHILE}
    end
end
local wanted = {}
for at = FIRST, #ARGV, 2 do wanted[ARGV[at]] = tonumber(ARGV[at + 1]) end
local opens_at, closes_at = wanted.opens_at or meta.opens_at, wanted.closes_at or meta.closes_at
if (wanted.opens_at or wanted.closes_at) and closes_at > 0 and closes_at <= opens_at then
    return {PUT_CLOSES_TOO_EARLY, opens_at, closes_at}
end
local before = meta.free + meta.held + meta.sold
local total = tonumber(ARGV[5]) or before
local free = total - meta.held - meta.sold
if free < 0 then return {PUT_BELOW_HELD_AND_SOLD, meta.held + meta.sold} end
if created then
    redis.call('DEL', GONE, prefix .. DELETED_KEY)
    -- Redis searches a small hash from the first field on: those that every admission reads come first.
    redis.call('HSET', META, 'boot', ARGV[1], 'incarnation', ARGV[3], 'version', 0, 'head', 0, 'tail', 0,
        'cancelled', 0, 'free', 0, 'held', 0, 'ended', 0, 'frozen', 0, 'closed', 0, 'paused', 0, 'opens_at', 0,
        'closes_at', 0, 'queue_limit', default_queue_limit(total), 'per_user_units', 0, 'largest', 1,
        'per_user_limit', 1, 'on_sold_out_close', 0, 'weight', 1, 'salt', ARGV[4], 'holding', 0,
        'life', ARGV[3], 'pay_window', 0, 'pay_grace', 0, 'pay_spread', 0,
        'sampled', 0)
elseif before == 0 and total > 0 and meta.queue_limit == 1 and meta.queue_limit_is_set ~= 1 then
    redis.call('HSET', META, 'queue_limit', default_queue_limit(total))  -- its limit of 1 was the default
end
if #ARGV >= FIRST then redis.call('HSET', META, unpack(ARGV, FIRST)) end
if wanted.queue_limit then redis.call('HSET', META, 'queue_limit_is_set', 1) end
redis.call('HINCRBY', META, 'edition', 1)
if free ~= meta.free then
    further = {LEDGER_STOCK, free - meta.free}
    meta.free = free
end
if meta.free > 0 then meta.ended = 0 end
end_if_done(redis.call('HGET', META, 'on_sold_out_close') == '1')
commit(SETTINGS_CHANGED)
return reply(created and PUT_CREATED or PUT_UPDATED)
