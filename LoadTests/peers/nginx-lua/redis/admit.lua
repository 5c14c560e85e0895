-- admit.lua: take one purchase into one item's bounded queue.
--
-- KEYS[1]  meta   HASH  {item}:meta   stock, limit, tail, head, ended
-- KEYS[2]  users  HASH  {item}:users  user -> sequence
-- KEYS[3]  queue  LIST  {item}:queue  sequence:quantity, oldest first
-- ARGV[1]  user
-- ARGV[2]  quantity, units
--
-- Returns: {0 admitted or 1 replayed, sequence, tickets before it}, or one integer: -1 sold out, -2 queue full,
--          -3 no such item.
-- Cost: O(1), four calls for a newcomer. Idempotent: yes, by user.

local meta = redis.call('HMGET', KEYS[1], 'tail', 'head', 'limit', 'ended')
local tail, head = tonumber(meta[1]), tonumber(meta[2])
if not tail then return -3 end
local is_open = meta[4] ~= '1' and tail - head < tonumber(meta[3])
if is_open and redis.call('HSETNX', KEYS[2], ARGV[1], tail + 1) == 1 then
    tail = tail + 1
    redis.call('HSET', KEYS[1], 'tail', tail)
    redis.call('RPUSH', KEYS[3], tail .. ':' .. ARGV[2])
    return {0, tail, tail - head - 1}
end
local known = redis.call('HGET', KEYS[2], ARGV[1])
if known then return {1, tonumber(known), math.max(tonumber(known) - head - 1, 0)} end
return meta[4] == '1' and -1 or -2
