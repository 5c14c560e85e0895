-- probe.lua: test whether the store would take a purchase now; Redis refuses it for the same reasons as `admit`.
--
-- KEYS[1]  life  STRING  the name of the store's data  sluice:{ctl}:life
-- ARGV     none
--
-- Returns: {DONE, name}; without a name where the data have none.
-- Cost: O(1). Idempotent: yes, it only reads.
--- constants: DONE

local LIFE = KEYS[1]

return {DONE, redis.call('GET', LIFE)}
