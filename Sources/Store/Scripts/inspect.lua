-- inspect.lua: read an item's counters and settings at one instant of the store's clock.
--
-- KEYS[1]  meta  HASH  sluice:{item}:meta
-- ARGV     those of every script; not looked at
--
-- Returns: what `describe` of settings.lua gives. It answers for a stale boot too: the caller compares `boot`.
-- Cost: O(fields). Idempotent: yes, it only reads.

local META = KEYS[1]
--- include: settings

return describe()
