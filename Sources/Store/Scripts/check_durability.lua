-- check_durability.lua: a process tells what it saw acknowledged before the store restarted; less in the store is a rollback.
--
-- KEYS[1]  meta     HASH    sluice:{item}:meta
-- KEYS[2]  results  STRING  segment 0; the others are named alike  sluice:{item}:results:0
-- KEYS[3]  gone     HASH    what is remembered of an item that the store lost as a whole  sluice:{item}:gone
-- ARGV[2]  incarnation that was seen
-- ARGV[3]  life of the item in which it was acknowledged; of an item that has no name for its lives, the run_id of the
--          store
-- ARGV[4]  highest version, ARGV[5] highest sequence seen in that life
-- ARGV[6], ARGV[7]  where the store has other data than before: units sold and held as they were seen; else none
--
-- Leaves the field `frozen_by` in meta: `seen kept sequences life ms`, what was compared; of several the widest.
--
-- Returns: {0} nothing is missing, {1, versions lost, sequences lost} the item is frozen now, {-1} the item is gone,
--          {-3} another item has the name now.
-- Cost: O(sequences lost). Idempotent: yes.

local values = redis.call('HMGET', KEYS[1], 'boot', 'incarnation', 'version', 'kept:' .. ARGV[3], 'life', 'frozen',
    'frozen_by')
if not values[1] then
    -- An item that an operator deleted is no loss; one that went with the whole store must not be made again unawares.
    local known = ARGV[6] and redis.call('HMGET', KEYS[3], 'incarnation', 'version')
    if known and (known[1] ~= ARGV[2] or tonumber(known[2]) < tonumber(ARGV[4])) then
        redis.call('HSET', KEYS[3], 'incarnation', ARGV[2], 'version', ARGV[4], 'sold', ARGV[6], 'held', ARGV[7])
    end
    return {-1}
end
if values[2] ~= ARGV[2] then return {-3} end
local seen_version, seen_tail = tonumber(ARGV[4]), tonumber(ARGV[5])
local kept, kept_tail = string.match(values[4] or values[3], '^(%d+) ?(%d*)$')
kept = tonumber(kept)
-- A life that the item has forgotten is lost as a whole, however high its version is by now.
local is_known = values[4] or values[5] == ARGV[3] or values[1] == ARGV[3]
if is_known and seen_version <= kept then return {0} end

ARGV[1] = values[1]
open_item()
local lost = math.max(0, seen_tail - meta.tail)
if lost > 0 then
    check_results(meta.tail + 1, seen_tail)
    decide(meta.tail + 1, lost, LOST)
    meta.tail, meta.cancelled = seen_tail, meta.cancelled + lost
    if meta.ended == 1 then meta.head, meta.cancelled = meta.tail, 0 end
end
meta.version = math.max(meta.version, seen_version)
-- After the reopening they are among those that were left out.
if kept_tail ~= '' then lost = math.max(lost, seen_tail - kept_tail) end
local seen, least, all_lost, time = seen_version, math.min(kept, seen_version), lost, redis.call('TIME')
if values[6] == '1' and values[7] then
    local before = {string.match(values[7], '^(%d+) (%d+) (%d+) ')}
    seen, least = math.max(seen, before[1]), math.min(least, before[2])
    all_lost = all_lost + before[3]
end
-- Who knows no lives knows numbers only.
local reached = string.format('%d', math.max(seen_tail, kept_tail ~= '' and kept_tail or 0))
local known = #ARGV[3] == 40 and ARGV[4] or ARGV[4] .. ' ' .. reached
redis.call('HSET', KEYS[1], 'frozen', 1, 'kept:' .. ARGV[3], known, 'frozen_by', string.format(
    '%d %d %d %s %d', seen, least, all_lost, ARGV[3], time[1] * 1000 + math.floor(time[2] / 1000)))
commit('C')
return {1, math.max(0, seen_version - kept), lost}
