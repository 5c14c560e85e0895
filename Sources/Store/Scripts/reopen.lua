-- reopen.lua: the leader lets an item go on in a restarted store, after the witnesses were heard.
--
-- KEYS[1]  meta  HASH  sluice:{item}:meta
-- ARGV[1]  run_id of the store now
--
-- Leaves the field `kept:{run_id}` in meta: the version that the life which ends now got to, for witnesses to come.
--
-- Returns: {1} reopened, {0} it was open already, {-1} no such item. A frozen item stays frozen.
-- Cost: O(1). Idempotent: yes.

local values = redis.call('HMGET', KEYS[1], 'boot', 'version')
if not values[1] then return {-1} end
if values[1] == ARGV[1] then return {0} end
-- A witness may have come first, who knows better how far that life got.
redis.call('HSETNX', KEYS[1], 'kept:' .. values[1], values[2])
redis.call('HSET', KEYS[1], 'boot', ARGV[1])
ARGV[2] = ''
open_item()
commit('C')
return {1}
