-- recall.lua: everything that a worker holds of one item, for a worker that lost a reply.
--
-- KEYS[1]  meta    HASH  sluice:{item}:meta
-- KEYS[2]  flight  HASH  sequence -> attempt and purchase  sluice:{item}:flight:{worker}
-- ARGV     those of every script only
--
-- Returns: {0, {sequence, record, …}, incarnation}; a list of its own, since Lua hands out no more than 8,000 values
--         one by one.
-- Cost: O(records). Idempotent: yes, it only reads.

local refused = open_item()
if refused then return refused end
return {0, redis.call('HGETALL', KEYS[2]), meta.incarnation}
