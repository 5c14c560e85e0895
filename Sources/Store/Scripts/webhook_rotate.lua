-- webhook_rotate.lua: give a webhook a new secret; the old one signs beside it for a while.
--
-- KEYS[1]  webhook  HASH  settings, secrets and progress  sluice:{ctl}:webhook:<name>
-- ARGV[1]  the new secret; ARGV[2] until when the old one signs, ms since 1970; ARGV[3] the caller's key, "" for none
--
-- Returns: {DONE, secret}, {WEBHOOK_REPLAYED, secret} where the last rotation had the same key, or {WEBHOOK_UNKNOWN}.
-- Cost: O(1). Idempotent: with a key.
--- constants: DONE, WEBHOOK_REPLAYED, WEBHOOK_UNKNOWN, WEBHOOK_SECRET, WEBHOOK_FORMER
--- constants: WEBHOOK_FORMER_UNTIL, WEBHOOK_ROTATED_BY

local WEBHOOK = KEYS[1]

local secret, rotated_by = unpack(redis.call('HMGET', WEBHOOK, WEBHOOK_SECRET, WEBHOOK_ROTATED_BY))
if not secret then return {WEBHOOK_UNKNOWN} end
if ARGV[3] ~= '' and rotated_by == ARGV[3] then return {WEBHOOK_REPLAYED, secret} end
redis.call('HSET', WEBHOOK, WEBHOOK_SECRET, ARGV[1], WEBHOOK_FORMER, secret, WEBHOOK_FORMER_UNTIL, ARGV[2],
    WEBHOOK_ROTATED_BY, ARGV[3])
return {DONE, ARGV[1]}
