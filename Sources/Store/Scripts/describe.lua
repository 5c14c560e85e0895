-- describe.lua: write the description of a process into the list of nodes, by the store's clock.
--
-- KEYS[1]  nodes  HASH  node id -> run_id it met first, the store's time (ms), JSON  sluice:{ctl}:nodes
-- ARGV[1]  node id; ARGV[2] run_id that it met first; ARGV[3] its own clock, ms
-- ARGV[4]  one JSON object; how far its clock is ahead of the store's becomes the first field, clock_skew_ms
--
-- Returns: {DONE}.
-- Cost: O(1). Idempotent: yes.
--- constants: DONE

local NODES = KEYS[1]
--- include: clock

local now = clock()
local fields = string.sub(ARGV[4], 2)  -- without the opening brace
redis.call('HSET', NODES, ARGV[1], string.format('%s %d {"clock_skew_ms":%d%s%s', ARGV[2], now,
    tonumber(ARGV[3]) - now, fields == '}' and '' or ',', fields))
return {DONE}
