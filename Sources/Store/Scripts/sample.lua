-- sample.lua: the leader adds a point to an item's series, by the second and by the minute: what its counters are now.
--
-- KEYS[1]  meta     HASH  sluice:{item}:meta
-- KEYS[2]  seconds  LIST  points, oldest first, behind one that is none, see points.lua  sluice:{item}:series:s
-- KEYS[3]  minutes  LIST  the same                                                       sluice:{item}:series:m
-- ARGV[3]  term of the caller; one that is lower than that of the last point writes nothing
--
-- A point is of the second that ends now, half a second more or less. Where the last point is of that second, or the
-- clock was set back by a minute at most, it is written over. A clock that was set back further takes away the points
-- that are ahead of it: what they counted is counted by the next point.
--
-- Returns: {DONE, incarnation, version, purchases waiting, ms since 1970, written}: written is 0 where nothing has
--          changed since the last point, else 1; or {SAMPLE_OUTDATED}.
-- Cost: O(1), O(log points) after the clock was set back. Idempotent: yes.
--- constants: DONE, SAMPLE_OUTDATED, POINT, SECONDS_KEPT, MINUTES_KEPT, SERIES_KEPT, HALF = 500, MINUTE = 60

local META, SECONDS, MINUTES = KEYS[1], KEYS[2], KEYS[3]
--- include: item, clock, points

local refused, _, skips = open_item(ARGV[1], ARGV[2], 'sampled', 'skips')
if refused then return refused end
local term = tonumber(ARGV[3])
if meta.sampled and term < meta.sampled then return {SAMPLE_OUTDATED} end
local seconds, minutes = redis.call('LLEN', SECONDS), redis.call('LLEN', MINUTES)
local is_new = seconds == 0 or minutes == 0 or not meta.sampled or meta.sampled == 0

local arrived, waiting = meta.tail, meta.tail - meta.head - meta.cancelled
for count in string.gmatch(skips or '', ':(%d+)') do arrived = arrived - count end
local now = clock()
local second = math.floor((now - HALF) / 1000)

local function pack(time, most)
    return struct.pack(POINT, time, arrived, waiting, most, meta.sold, meta.held, meta.free)
end

-- Returns whether a new point was begun.
local function add(list, time, kept)
    local last = redis.call('LINDEX', list, -1)
    if time_of(last) > time + MINUTE then
        redis.call('LTRIM', list, 0, count_until(list, redis.call('LLEN', list), time) - 1)
        last = redis.call('LINDEX', list, -1)
    end
    local last_time, _, _, most = struct.unpack(POINT, last)
    if last_time >= time then
        redis.call('LSET', list, -1, pack(last_time, math.max(most, waiting)))
        return false
    end
    if redis.call('RPUSH', list, pack(time, waiting)) > kept + 1 then redis.call('LTRIM', list, -kept - 1, -1) end
    return true
end

if is_new then
    -- An item that was not followed from its first purchase on has no arrivals before now.
    local before = struct.pack(POINT, 0, meta.sampled == 0 and 0 or arrived, 0, 0, 0, 0, 0)
    redis.call('DEL', SECONDS, MINUTES)
    redis.call('RPUSH', SECONDS, before)
    redis.call('RPUSH', MINUTES, before)
else
    local _, arrived_before, waiting_before, _, sold, held, free =
        struct.unpack(POINT, redis.call('LINDEX', SECONDS, -1))
    if arrived == arrived_before and waiting == waiting_before and meta.sold == sold and meta.held == held
        and meta.free == free then return {DONE, meta.incarnation, meta.version, waiting, now, 0} end
end
add(SECONDS, second, SECONDS_KEPT)
if add(MINUTES, second - second % MINUTE, MINUTES_KEPT) then
    redis.call('EXPIRE', SECONDS, SERIES_KEPT)
    redis.call('EXPIRE', MINUTES, SERIES_KEPT)
end
if meta.sampled ~= term then redis.call('HSET', META, 'sampled', ARGV[3]) end
return {DONE, meta.incarnation, meta.version, waiting, now, 1}
