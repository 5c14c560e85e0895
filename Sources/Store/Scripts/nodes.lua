-- nodes.lua: read the list of nodes, and the store's time, which their ages are counted by.
--
-- KEYS[1]  nodes  HASH  node id -> run_id it met first, the store's time (ms), JSON  sluice:{ctl}:nodes
-- ARGV     none
--
-- Returns: {DONE, now (ms), {node id, value, …}}.
-- Cost: O(nodes). Idempotent: yes, it only reads.
--- constants: DONE

local NODES = KEYS[1]
--- include: clock

return {DONE, clock(), redis.call('HGETALL', NODES)}
