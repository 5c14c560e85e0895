-- inspect.lua: read an item's counters and settings at one instant of the store's clock.
--
-- KEYS[1]  meta  HASH  sluice:{item}:meta
-- ARGV     those of every script; not used
--
-- Returns: the values of `describe` in settings.lua, also for an item that is closed off: the caller compares `boot`.
-- Cost: O(fields). Idempotent: yes, it only reads.

local META = KEYS[1]
--- include: settings

return describe()
