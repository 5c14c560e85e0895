-- lead.lua: take, keep or give up the leadership of the schedulers.
--
-- KEYS[1]  leader  STRING  node id of the leader, with its lease as expiry  sluice:{ctl}:leader
-- KEYS[2]  term    STRING  counts the leaders                               sluice:{ctl}:term
-- ARGV[1]  node id; ARGV[2] lease, ms (0 gives it up)
-- ARGV[3]  the highest term that the caller has heard of, 0 for none: a store that was emptied counts from above it, so
--          that no worker takes a new grant for an old one
--
-- Returns: {1, term} the caller leads, {0, ms until the lease of another ends}.
-- Cost: O(1). Idempotent: yes.

local leader = redis.call('GET', KEYS[1])
if ARGV[2] == '0' then
    if leader == ARGV[1] then redis.call('DEL', KEYS[1]) end
    return {0, 0}
end
-- The store's clock may have been set back under a lease, by a reboot before the time was right or by a failover: it
-- would end as much later. Twice its length is more than any has left, and so is one without an end: it is nobody's.
local left = redis.call('PTTL', KEYS[1])
if leader and leader ~= ARGV[1] and left >= 0 and left <= 2 * tonumber(ARGV[2]) then return {0, left} end
local stored, heard = tonumber(redis.call('GET', KEYS[2]) or 0), tonumber(ARGV[3])
if leader == ARGV[1] and heard <= stored then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    return {1, stored}
end
local term = math.max(stored, heard) + 1
redis.call('SET', KEYS[2], string.format('%d', term))
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {1, term}
