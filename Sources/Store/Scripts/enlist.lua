-- enlist.lua: put a worker on the list of workers, unless the store belongs to another sink; or take it off.
--
-- KEYS[1]  workers  HASH    worker id -> its sink                              sluice:{ctl}:workers
-- KEYS[2]  sink     STRING  the sink of all workers, with its hold as expiry   sluice:{ctl}:sink
-- ARGV[1]  worker id; ARGV[2] its sink; ARGV[3] hold, ms (0 takes the worker off the list, and frees the store of this
--          sink where it was the last one with it); ARGV[4] the longest hold of any sink, ms
--
-- Returns: {ENLIST_DONE}, or {ENLIST_REFUSED, sink, ms of its hold, -1 for ever}: the store belongs to another sink.
-- Cost: O(1), O(workers) for taking off. Idempotent: yes.
--- constants: ENLIST_DONE, ENLIST_REFUSED

local WORKERS, SINK = KEYS[1], KEYS[2]

local sink = redis.call('GET', SINK)
redis.call('HEXISTS', WORKERS, ARGV[1])  -- a key of another type fails before anything is written
if ARGV[3] == '0' then
    redis.call('HDEL', WORKERS, ARGV[1])
    for _, other in ipairs(redis.call('HVALS', WORKERS)) do
        if other == ARGV[2] then return {ENLIST_DONE} end
    end
    if sink == ARGV[2] then redis.call('DEL', SINK) end
    return {ENLIST_DONE}
end
-- As with the lease of the leader: where the store's clock was set back, a hold ends as much later. More than twice the
-- longest hold is none that was granted, and does not count.
local left = redis.call('PTTL', SINK)
if sink and sink ~= ARGV[2] and left <= 2 * tonumber(ARGV[4]) then return {ENLIST_REFUSED, sink, left} end
redis.call('SET', SINK, ARGV[2], 'PX', ARGV[3])
redis.call('HSET', WORKERS, ARGV[1], ARGV[2])
return {ENLIST_DONE}
