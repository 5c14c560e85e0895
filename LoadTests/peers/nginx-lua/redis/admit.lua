-- admit.lua: take one purchase into one item's bounded queue.
--
-- KEYS[1]  meta   HASH  {item}:meta   stock, limit, tail, head, ended
-- KEYS[2]  users  HASH  {item}:users  user -> sequence
-- KEYS[3]  queue  LIST  {item}:queue  sequence:quantity, oldest first
-- ARGV[1]  user
-- ARGV[2]  quantity, units
--
-- Returns: one line, as a client reads each line of a reply apart: "0 sequence ahead" admitted, "1 sequence ahead"
--          replayed, "sold-out", "queue-full" or "unknown-item".
-- Cost: O(1), four calls for a newcomer. Idempotent: yes, by user.

local meta = redis.call('HMGET', KEYS[1], 'tail', 'head', 'limit', 'ended')
local tail, head = tonumber(meta[1]), tonumber(meta[2])
if not tail then return redis.status_reply('unknown-item') end
local is_open = meta[4] ~= '1' and tail - head < tonumber(meta[3])
if is_open and redis.call('HSETNX', KEYS[2], ARGV[1], tail + 1) == 1 then
    tail = tail + 1
    redis.call('HSET', KEYS[1], 'tail', tail)
    redis.call('RPUSH', KEYS[3], tail .. ':' .. ARGV[2])
    return redis.status_reply('0 ' .. tail .. ' ' .. tail - head - 1)
end
local known = redis.call('HGET', KEYS[2], ARGV[1])
if known then return redis.status_reply('1 ' .. known .. ' ' .. math.max(tonumber(known) - head - 1, 0)) end
return redis.status_reply(meta[4] == '1' and 'sold-out' or 'queue-full')
