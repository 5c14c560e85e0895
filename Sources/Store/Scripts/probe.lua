-- probe.lua: ask whether the store would take a purchase now; it is refused for the same reasons as `admit`.
--
-- KEYS     none
-- ARGV     none
--
-- Returns: {0}.
-- Cost: O(1). Idempotent: yes, it does nothing.

return {0}
