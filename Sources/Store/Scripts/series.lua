-- series.lua: points of an item's series, oldest first.
--
-- KEYS[1]  meta    HASH  sluice:{item}:meta
-- KEYS[2]  points  LIST  points, oldest first, behind one that is none, see points.lua  sluice:{item}:series:s or :m
-- ARGV[1]  incarnation that is meant, "": any
-- ARGV[2]  first second, ARGV[3] last second, since 1970
-- ARGV[4]  limit, points
--
-- Returns: {DONE, incarnation, before, points, more}: before is the last point before the first second, '' where the
--          item has no series; points are one text; more is 1 where the call ended for its limit.
-- Cost: O(limit + log points). Idempotent: yes, it only reads.
--- constants: DONE, NO_SUCH_ITEM, OTHER_INCARNATION

local META, POINTS = KEYS[1], KEYS[2]
--- include: points

local incarnation, sampled = unpack(redis.call('HMGET', META, 'incarnation', 'sampled'))
if not incarnation then return {NO_SUCH_ITEM} end
if ARGV[1] ~= '' and ARGV[1] ~= incarnation then return {OTHER_INCARNATION} end
local count = redis.call('LLEN', POINTS)
if count == 0 or not sampled or sampled == '0' then return {DONE, incarnation, '', '', 0} end

local behind, limit = count_until(POINTS, count, tonumber(ARGV[2]) - 1), tonumber(ARGV[4])
local found = redis.call('LRANGE', POINTS, behind, behind + limit - 1)
local wanted = #found
while wanted > 0 and time_of(found[wanted]) > tonumber(ARGV[3]) do wanted = wanted - 1 end
return {DONE, incarnation, redis.call('LINDEX', POINTS, behind - 1), table.concat(found, '', 1, wanted),
    wanted == limit and count > behind + limit and 1 or 0}
