-- lead.lua: take, keep or give up the leadership of the schedulers.
--
-- KEYS[1]  leader  STRING  node id of the leader, with its lease as expiry  sluice:{ctl}:leader
-- KEYS[2]  term    STRING  counts the leaders                               sluice:{ctl}:term
-- ARGV[1]  node id; ARGV[2] lease, ms (0 gives it up)
-- ARGV[3]  the highest term that the caller knows of, 0 for none: a store that was emptied counts from above it, so
--          that no worker takes a new grant for an old one
--
-- Returns: {LEADS, term}, {FOLLOWS, ms until the lease of another ends}.
-- Cost: O(1). Idempotent: yes.
--- constants: LEADS, FOLLOWS

local LEADER, TERM = KEYS[1], KEYS[2]

local leader = redis.call('GET', LEADER)
if ARGV[2] == '0' then
    if leader == ARGV[1] then redis.call('DEL', LEADER) end
    return {FOLLOWS, 0}
end
-- Where the store's clock was set back, by a reboot or a failover, the lease ends as much later. One that lasts for
-- more than twice its length, or for ever, is none that was granted, and does not count.
local left = redis.call('PTTL', LEADER)
if leader and leader ~= ARGV[1] and left >= 0 and left <= 2 * tonumber(ARGV[2]) then return {FOLLOWS, left} end
local stored, highest = tonumber(redis.call('GET', TERM) or 0), tonumber(ARGV[3])
if leader == ARGV[1] and highest <= stored then
    redis.call('PEXPIRE', LEADER, ARGV[2])
    return {LEADS, stored}
end
local term = math.max(stored, highest) + 1
redis.call('SET', TERM, string.format('%d', term))
redis.call('SET', LEADER, ARGV[1], 'PX', ARGV[2])
return {LEADS, term}
