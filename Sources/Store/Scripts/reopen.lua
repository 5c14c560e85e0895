-- reopen.lua: the leader lets an item go on in a restarted store, after the witnesses were heard.
--
-- KEYS[1]  meta  HASH  sluice:{item}:meta
-- KEYS[2]  queue LIST  dropped where nobody waits  sluice:{item}:queue
-- ARGV[1]  run_id of the store now
-- ARGV[2]  name of the life that begins, never used before
-- ARGV[3]  sequences to leave out: the store may have lost as many, whose tickets must not become somebody else's
--
-- Leaves in meta `kept:{life}`: the version and the tail that the life which ends now got to, for witnesses to come.
-- The version alone as `kept:{run_id}`, for those who know no lives: there it is of the last time that the store had
-- this run_id, since a store that was replaced may come back. `skips`: `first:count` of each range, with commas.
--
-- Returns: {1} reopened, {0} it was open already, {-1} no such item. A frozen item stays frozen.
-- Cost: O(1). Idempotent: yes.

local values, life = redis.call('HMGET', KEYS[1], 'boot', 'version', 'life', 'tail', 'skips'), ARGV[2]
if not values[1] then return {-1} end
if values[1] == ARGV[1] then return {0} end
check('LLEN', KEYS[2])
-- A witness may have come first, who knows better how far that life got.
redis.call('HSETNX', KEYS[1], 'kept:' .. values[1], values[2])
if values[3] then redis.call('HSETNX', KEYS[1], 'kept:' .. values[3], values[2] .. ' ' .. values[4]) end
redis.call('HDEL', KEYS[1], 'kept:' .. ARGV[1])
redis.call('HSET', KEYS[1], 'boot', ARGV[1], 'life', life)
ARGV[2] = ''
open_item()
local count, skips = tonumber(ARGV[3]), values[5] or ''
if count > 0 and meta.tail + count < 4294967296 then  -- sequences have four bytes
    local rest, first, length = string.match(skips, '^(.-)(%d+):(%d+)$')
    if first and first + length == meta.tail + 1 then
        skips = rest .. string.format('%d:%d', first, length + count)
    else
        skips = (skips == '' and '' or skips .. ',') .. string.format('%d:%d', meta.tail + 1, count)
    end
    redis.call('HSET', KEYS[1], 'skips', skips)
    local is_empty = meta.tail - meta.head - meta.cancelled == 0
    meta.tail = meta.tail + count
    if is_empty then
        meta.head, meta.cancelled = meta.tail, 0
        redis.call('UNLINK', KEYS[2])
    else
        meta.cancelled = meta.cancelled + count
    end
end
commit('C')
return {1}
