-- reopen.lua: the leader lets an item go on in a restarted store, after the witnesses were heard.
--
-- KEYS[1]  meta  HASH  sluice:{item}:meta
-- ARGV[1]  run_id of the store now
--
-- Returns: {1} reopened, {0} it was open already, {-1} no such item. A frozen item stays frozen.
-- Cost: O(1). Idempotent: yes.

local values = redis.call('HMGET', KEYS[1], 'boot', 'version')
if not values[1] then return {-1} end
if values[1] == ARGV[1] then return {0} end
redis.call('HSET', KEYS[1], 'boot', ARGV[1], 'previous_boot', values[1], 'previous_version', values[2])
ARGV[2] = ''
open_item()
commit('C')
return {1}
