-- alter.lua: pause, resume, close, restock or thaw an item.
--
-- KEYS[1]  meta    HASH    sluice:{item}:meta
-- KEYS[2]  ledger  STREAM  sluice:{item}:ledger
-- ARGV[3]  pause | resume | close | restock | thaw
-- ARGV[4]  units to add (restock)
--
-- Returns: {0, counters...}.
-- Cost: O(1). Idempotent: yes, but for restock.

local refused = open_item()
if refused then return refused end

if ARGV[3] == 'pause' then redis.call('HSET', KEYS[1], 'paused', 1)
elseif ARGV[3] == 'resume' then redis.call('HSET', KEYS[1], 'paused', 0)
elseif ARGV[3] == 'close' then redis.call('HSET', KEYS[1], 'closed', 1)
elseif ARGV[3] == 'thaw' then
    redis.call('HSET', KEYS[1], 'frozen', 0)
    redis.call('HDEL', KEYS[1], 'frozen_by')
else
    meta.free = meta.free + tonumber(ARGV[4])
    if meta.free > 0 then meta.ended = 0 end
    redis.call('XADD', KEYS[2], '*', 'v', meta.version + 1, 'stock', ARGV[4])
end
commit('C')
return reply(0)
