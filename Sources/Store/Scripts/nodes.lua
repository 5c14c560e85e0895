-- nodes.lua: the list of nodes, and the store's time that it is judged by.
--
-- KEYS[1]  nodes  HASH  node id -> run_id it met first, the store's time (ms), JSON  sluice:{ctl}:nodes
-- ARGV     none
--
-- Returns: {0, now (ms), {node id, value, …}}.
-- Cost: O(nodes). Idempotent: yes, it only reads.

local time = redis.call('TIME')
return {0, time[1] * 1000 + math.floor(time[2] / 1000), redis.call('HGETALL', KEYS[1])}
