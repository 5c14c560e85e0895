-- delete.lua: delete an item, in slices: the caller repeats the call while more is left.
--
-- KEYS[1...22]  all keys of the item that have no number or worker in their names, meta first
-- KEYS[23] past     ZSET    see book.lua                                         sluice:{item}:past
-- KEYS[24] workers  SET     workers that may hold purchases of the item          sluice:{item}:workers
-- KEYS[25] deleted  STRING  left behind for a while: its tickets are unknown, not lost  sluice:{item}:deleted
-- ARGV[3]  1 where it is deleted whatever is in it
-- ARGV[4]  ms for which KEYS[25] is kept
-- ARGV[5]  ms: only where it was archived so long ago; 0: also now
--
-- The first call closes and freezes the item and notes how many segments of results are left, so that what is half
-- deleted takes nobody in, and the next call goes on where this one ended.
--
-- Returns: {DELETE_DONE, counters...}, {DELETE_GOES_ON, counters...}, {DELETE_NOT_ENDED, counters...} where it is not
--          closed, or purchases wait, or units are held, {DELETE_NOT_ARCHIVED, counters...} where no archive of what it
--          is now was noted, {DELETE_NOT_YET, counters...} where that was later than ARGV[5] says.
-- Cost: O(SLICE); what is large is freed in the background. Idempotent: yes, but the last call's item is gone then.
--- constants: DELETE_DONE, DELETE_GOES_ON, DELETE_NOT_ENDED, DELETE_NOT_ARCHIVED, DELETE_NOT_YET, SEGMENT
--- constants: SETTINGS_CHANGED, RESULTS_KEY, PAST_CHUNKS_KEY, FLIGHT_KEY, SLICE = 100

local META, PAST, WORKERS, DELETED = KEYS[1], KEYS[23], KEYS[24], KEYS[25]
--- include: item, check, clock, notification

local refused = open_item(ARGV[1], ARGV[2], 'closed', 'closes_at', 'archived', 'deleting')
if refused then return refused end
check('ZCARD', PAST, 'SCARD', WORKERS)
if not meta.deleting then
    local is_closed = meta.closed == 1 or (meta.closes_at > 0 and clock() >= meta.closes_at)
    local has_ended = is_closed and meta.tail - meta.head - meta.cancelled == 0 and meta.held == 0
    if ARGV[3] ~= '1' then
        if not has_ended then return reply(DELETE_NOT_ENDED) end
        if meta.archived ~= meta.version then return reply(DELETE_NOT_ARCHIVED) end
        local archived_at = tonumber(string.match(redis.call('HGET', META, 'archive') or '', '^%d+')) or clock()
        if clock() - archived_at < tonumber(ARGV[5]) then return reply(DELETE_NOT_YET) end
    end
    meta.deleting = math.floor(meta.tail / SEGMENT) + 1
    redis.call('HSET', META, 'deleting', meta.deleting, 'closed', 1, 'frozen', 1)
end

local keys, left = {}, meta.deleting
while left > 0 and #keys < SLICE do
    left = left - 1
    keys[#keys + 1] = prefix .. RESULTS_KEY .. left
end
local lists = #keys < SLICE and redis.call('ZRANGE', PAST, 0, SLICE - #keys - 1) or {}
for _, first in ipairs(lists) do keys[#keys + 1] = prefix .. PAST_CHUNKS_KEY .. first end
if #lists > 0 then redis.call('ZREM', PAST, unpack(lists)) end
if #keys > 0 then redis.call('UNLINK', unpack(keys)) end
redis.call('HSET', META, 'deleting', left)
if left > 0 or redis.call('ZCARD', PAST) > 0 then return reply(DELETE_GOES_ON) end

for _, worker in ipairs(redis.call('SMEMBERS', WORKERS)) do redis.call('UNLINK', prefix .. FLIGHT_KEY .. worker) end
redis.call('UNLINK', unpack(KEYS, 1, #KEYS - 1))
redis.call('SET', DELETED, meta.incarnation, 'PX', ARGV[4])
-- Whoever remembers the item reads it again, finds none, and forgets it.
meta.version, meta.news = meta.version + 1, meta.news + 1
local counters = {}
for i, name in ipairs(counter_names) do counters[i] = string.format('%d', meta[name]) end
notify(SETTINGS_CHANGED, meta.incarnation, counters, '')
return reply(DELETE_DONE)
