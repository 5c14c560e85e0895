-- admit.lua: take one purchase into one item's bounded queue.
--
-- KEYS[1]  meta   HASH  {item}:meta   stock, limit, head, ended
-- KEYS[2]  users  HASH  {item}:users  user -> sequence
-- KEYS[3]  queue  LIST  {item}:queue  quantities, oldest first; the first is that of sequence head + 1
-- ARGV[1]  user
-- ARGV[2]  quantity, units
--
-- Returns: one line, as a client reads each line of a reply apart: "0 sequence ahead" admitted, "1 sequence ahead"
--          replayed, "sold-out", "queue-full" or "unknown-item".
-- Cost: O(1), three calls for a newcomer, two of them writes. Idempotent: yes, by user.

local meta = redis.call('HMGET', KEYS[1], 'head', 'limit', 'ended')
local head = tonumber(meta[1])
if not head then return redis.status_reply('unknown-item') end
if meta[3] ~= '1' then
    -- The push returns how many wait: for a newcomer, the usual case, that spares a call.
    local waiting = redis.call('RPUSH', KEYS[3], ARGV[2]) - 1
    local sequence = head + waiting + 1
    if waiting < tonumber(meta[2]) and redis.call('HSETNX', KEYS[2], ARGV[1], sequence) == 1 then
        return redis.status_reply('0 ' .. sequence .. ' ' .. waiting)
    end
    redis.call('RPOP', KEYS[3])
end
local known = redis.call('HGET', KEYS[2], ARGV[1])
if known then return redis.status_reply('1 ' .. known .. ' ' .. math.max(tonumber(known) - head - 1, 0)) end
return redis.status_reply(meta[3] == '1' and 'sold-out' or 'queue-full')
