-- point.lua: the leader appends to the feed of all items how far the ledgers of some have got.
--
-- KEYS[1]  feed  STREAM  pointers: item, incarnation, id of the entry before, id of the last one  sluice:{ctl}:feed
-- KEYS[2]  at    HASH    item -> incarnation and id of the last pointer of the item           sluice:{ctl}:feed:at
-- KEYS[3]  term  STRING  counts the leaders                                                   sluice:{ctl}:term
-- ARGV[1]  term of the caller; ARGV[2] channel to publish on
-- ARGV[FIRST...]  LENGTH values each: item, incarnation, id of its last entry, at most 256
--
-- A pointer is for all entries behind the one before. Its own id has no earlier time than the last of them, so that
-- the pointer of an entry is found from the entry's time on.
--
-- Returns: {DONE, pointers written}, or {POINT_OUTDATED} where another term has begun.
-- Cost: O(items). Idempotent: yes.
--- constants: DONE, POINT_OUTDATED, NO_ENTRY, FEED_POINTER, ENTRY_ID, FIRST = 3, LENGTH = 3

local FEED, AT, TERM = KEYS[1], KEYS[2], KEYS[3]
--- include: clock

if redis.call('GET', TERM) ~= ARGV[1] then return {POINT_OUTDATED} end

local function parts(id)
    local time, number = string.match(id, ENTRY_ID)
    return tonumber(time), tonumber(number)
end

local function is_behind(id, other)
    local time, number = parts(id)
    local other_time, other_number = parts(other)
    return time > other_time or time == other_time and number > other_number
end

local last = redis.call('XREVRANGE', FEED, '+', '-', 'COUNT', 1)[1]
local latest = math.max(clock(), last and parts(last[1]) or 0)
local written = 0
for at = FIRST, #ARGV, LENGTH do
    local item, incarnation, id = unpack(ARGV, at, at + LENGTH - 1)
    local known, before = string.match(redis.call('HGET', AT, item) or '', '^(%S+) (%S+)$')
    if known ~= incarnation then before = NO_ENTRY end
    if is_behind(id, before) then
        local time = parts(id)
        -- Behind the last pointer, and no earlier than the entry, whatever the store's clock did.
        local own = '*'
        if time > latest then own, latest = string.format('%d-*', time), time end
        redis.call('XADD', FEED, own, FEED_POINTER, string.format('%s %s %s %s', item, incarnation, before, id))
        redis.call('HSET', AT, item, incarnation .. ' ' .. id)
        written = written + 1
    end
end
if written > 0 then redis.call('PUBLISH', ARGV[2], written) end
return {DONE, written}
