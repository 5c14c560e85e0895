-- enlist.lua: put a worker on the list of workers, unless another sink has the store; or take it off.
--
-- KEYS[1]  workers  HASH    worker id -> its sink                              sluice:{ctl}:workers
-- KEYS[2]  sink     STRING  the sink of all workers, with its hold as expiry   sluice:{ctl}:sink
-- ARGV[1]  worker id; ARGV[2] its sink; ARGV[3] hold, ms (0 takes the worker off the list, and frees the store of this
--          sink where it was the last one with it); ARGV[4] the longest hold of any sink, ms
--
-- Returns: {1} done, {0, sink, ms that it holds, -1 for ever} another sink has the store.
-- Cost: O(1), O(workers) for taking off. Idempotent: yes.

local sink = redis.call('GET', KEYS[2])
redis.call('HEXISTS', KEYS[1], ARGV[1])  -- a key of another type fails before anything is written
if ARGV[3] == '0' then
    redis.call('HDEL', KEYS[1], ARGV[1])
    for _, other in ipairs(redis.call('HVALS', KEYS[1])) do
        if other == ARGV[2] then return {1} end
    end
    if sink == ARGV[2] then redis.call('DEL', KEYS[2]) end
    return {1}
end
-- As with the lease of the leader: where the store's clock was set back, a hold ends as much later. Twice its length is
-- more than any has left, and is nobody's.
local left = redis.call('PTTL', KEYS[2])
if sink and sink ~= ARGV[2] and left <= 2 * tonumber(ARGV[4]) then return {0, sink, left} end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return {1}
