-- inspect.lua: read an item's counters and settings at one instant of the store's clock.
--
-- KEYS[1]  meta  HASH  sluice:{item}:meta
-- ARGV     those of every script; not looked at
--
-- Returns: {0, counters..., boot, incarnation, salt, now (ms), settings, life, frozen_by}, or {-1}; the settings are
--          the numbers of the list below, in its order, and has_orders. An item without a name for its life has the
--          boot for it; frozen_by is "" or what witness.lua left.
--          It answers for a stale boot too: the caller compares `boot`.
-- Cost: O(fields). Idempotent: yes, it only reads.

local values = redis.call('HGETALL', KEYS[1])
if #values == 0 then return {-1} end
local all, settings = {}, {}
for at = 1, #values, 2 do all[values[at]] = values[at + 1] end
for _, name in ipairs(COUNTERS) do meta[name] = tonumber(all[name]) end
for _, name in ipairs({'frozen', 'closed', 'paused', 'opens_at', 'closes_at', 'queue_limit', 'per_user_limit',
    'per_user_units', 'largest', 'on_sold_out_close', 'weight'}) do
    settings[#settings + 1] = tonumber(all[name])
end
settings[#settings + 1] = tonumber(all.has_orders or 0)
local time = redis.call('TIME')
return reply(0, all.boot, all.incarnation, all.salt, time[1] * 1000 + math.floor(time[2] / 1000), settings,
    all.life or all.boot, all.frozen_by or '')
