-- moved.lua: how far an item's ledger has got.
--
-- KEYS[1]  meta    HASH    sluice:{item}:meta
-- KEYS[2]  ledger  STREAM  sluice:{item}:ledger
-- ARGV     none
--
-- Returns: {DONE, incarnation, version, id}: the version of the item, and the id of the last entry, '' where there is
--          none.
-- Cost: O(1). Idempotent: yes, it only reads.
--- constants: DONE, NO_SUCH_ITEM

local META, LEDGER = KEYS[1], KEYS[2]

local incarnation, version = unpack(redis.call('HMGET', META, 'incarnation', 'version'))
if not incarnation then return {NO_SUCH_ITEM} end
local last = redis.call('XREVRANGE', LEDGER, '+', '-', 'COUNT', 1)[1]
return {DONE, incarnation, tonumber(version), last and last[1] or ''}
