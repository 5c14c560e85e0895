-- check_durability.lua: compare what a process saw acknowledged before a restart with what the store kept.
--
-- KEYS[1]  meta     HASH    sluice:{item}:meta
-- KEYS[2]  results  STRING  segment 0; the others are named alike  sluice:{item}:results:0
-- KEYS[3]  gone     HASH    what processes remember of an item that the store lost as a whole  sluice:{item}:gone
-- ARGV[2]  incarnation that was seen
-- ARGV[3]  life of the item in which it was acknowledged; the run_id of the store for an item whose lives have no names
-- ARGV[4]  highest version, ARGV[5] highest sequence seen in that life
-- ARGV[6], ARGV[7]  where the store has other data than before: units sold and held as they were seen; else none
--
-- Writes the field `frozen_by` of meta: `seen kept sequences life ms`: version seen, version kept, sequences lost, the
-- life and the time; after several rollbacks the widest range of versions, and all sequences.
--
-- Returns: {DURABLE} nothing was lost, {ROLLED_BACK, versions lost, sequences lost} the item is frozen now,
--          {NO_SUCH_ITEM} the item is gone, {OTHER_INCARNATION} another item has the name now.
-- Cost: O(sequences lost). Idempotent: yes.
--- constants: DURABLE, ROLLED_BACK, NO_SUCH_ITEM, OTHER_INCARNATION, KEPT_FIELD, RESULT_LOST, SETTINGS_CHANGED
--- constants: RUN_ID_LENGTH

local META, GONE = KEYS[1], KEYS[3]
--- include: clock, item, results, commit

local life, seen_version, seen_tail = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local boot, incarnation, version, kept_text, life_now, frozen, frozen_by = unpack(redis.call('HMGET', META, 'boot',
    'incarnation', 'version', KEPT_FIELD .. life, 'life', 'frozen', 'frozen_by'))
if not boot then
    -- An item that an operator deleted is no loss. One that went with all data must not be made again by mistake.
    local known = ARGV[6] and redis.call('HMGET', GONE, 'incarnation', 'version')
    if known and (known[1] ~= ARGV[2] or tonumber(known[2]) < seen_version) then
        redis.call('HSET', GONE, 'incarnation', ARGV[2], 'version', ARGV[4], 'sold', ARGV[6], 'held', ARGV[7])
    end
    return {NO_SUCH_ITEM}
end
if incarnation ~= ARGV[2] then return {OTHER_INCARNATION} end
local kept, kept_tail = string.match(kept_text or version, '^(%d+) ?(%d*)$')
kept = tonumber(kept)
-- A life that the item does not know was lost as a whole, however high the version is by now.
local is_known = kept_text or life_now == life or boot == life
if is_known and seen_version <= kept then return {DURABLE} end

open_item(boot, '')
local lost = math.max(0, seen_tail - meta.tail)
if lost > 0 then
    check_results(meta.tail + 1, seen_tail)
    decide(meta.tail + 1, lost, RESULT_LOST)
    meta.tail, meta.cancelled = seen_tail, meta.cancelled + lost
    if meta.ended == 1 then meta.head, meta.cancelled = meta.tail, 0 end
end
meta.version = math.max(meta.version, seen_version)
-- After a reopening, lost sequences are among those that were left out, so `tail` does not show them.
if kept_tail ~= '' then lost = math.max(lost, seen_tail - kept_tail) end
local seen, least, all_lost = seen_version, math.min(kept, seen_version), lost
if frozen == '1' and frozen_by then
    local seen_before, least_before, lost_before = string.match(frozen_by, '^(%d+) (%d+) (%d+) ')
    seen, least = math.max(seen, seen_before), math.min(least, least_before)
    all_lost = all_lost + lost_before
end
-- A process of a release before lives knows the version alone.
local reached = string.format('%d', math.max(seen_tail, kept_tail ~= '' and kept_tail or 0))
local known = #life == RUN_ID_LENGTH and ARGV[4] or ARGV[4] .. ' ' .. reached
redis.call('HSET', META, 'frozen', 1, KEPT_FIELD .. life, known, 'frozen_by', string.format(
    '%d %d %d %s %d', seen, least, all_lost, life, clock()))
commit(SETTINGS_CHANGED)
return {ROLLED_BACK, math.max(0, seen_version - kept), lost}
