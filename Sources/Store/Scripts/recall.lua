-- recall.lua: read all that a worker holds of one item, for a worker that lost a reply.
--
-- KEYS[1]  meta    HASH  sluice:{item}:meta
-- KEYS[2]  flight  HASH  sequence -> attempt and purchase  sluice:{item}:flight:{worker}
-- ARGV     those of every script only
--
-- Returns: {DONE, {sequence, record, …}, incarnation}; a list of its own, since a Lua function returns no more than
--         8,000 values.
-- Cost: O(records). Idempotent: yes, it only reads.
--- constants: DONE

local META, FLIGHT = KEYS[1], KEYS[2]
--- include: item

local refused = open_item(ARGV[1], ARGV[2])
if refused then return refused end
return {DONE, redis.call('HGETALL', FLIGHT), meta.incarnation}
