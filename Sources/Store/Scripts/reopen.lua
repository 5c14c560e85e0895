-- reopen.lua: the leader lets an item go on in a restarted store, after the witnesses were heard.
--
-- KEYS[1]  meta  HASH  sluice:{item}:meta
-- ARGV[1]  run_id of the store now
-- ARGV[2]  name of the life that begins, never used before
--
-- Leaves the field `kept:{life}` in meta: the version that the life which ends now got to, for witnesses to come. The
-- same as `kept:{run_id}`, for those who know no lives: there it is of the last time that the store had this run_id,
-- since a store that was replaced may come back.
--
-- Returns: {1} reopened, {0} it was open already, {-1} no such item. A frozen item stays frozen.
-- Cost: O(1). Idempotent: yes.

local values, life = redis.call('HMGET', KEYS[1], 'boot', 'version', 'life'), ARGV[2]
if not values[1] then return {-1} end
if values[1] == ARGV[1] then return {0} end
-- A witness may have come first, who knows better how far that life got.
redis.call('HSETNX', KEYS[1], 'kept:' .. values[1], values[2])
if values[3] then redis.call('HSETNX', KEYS[1], 'kept:' .. values[3], values[2]) end
redis.call('HDEL', KEYS[1], 'kept:' .. ARGV[1])
redis.call('HSET', KEYS[1], 'boot', ARGV[1], 'life', life)
ARGV[2] = ''
open_item()
commit('C')
return {1}
